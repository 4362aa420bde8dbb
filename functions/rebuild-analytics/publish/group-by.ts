/** The members of each group, in their order. */
export function groupBy<T, Key>(members: Iterable<T>, keyOf: (member: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const member of members) {
    const group = groups.get(keyOf(member));
    if (group === undefined) groups.set(keyOf(member), [member]);
    else group.push(member);
  }
  return groups;
}

export function sumOf<T>(members: Iterable<T>, countOf: (member: T) => number): number {
  let sum = 0;
  for (const member of members) sum += countOf(member);
  return sum;
}
