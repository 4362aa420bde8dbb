/** A seeded source of chance: the same seed gives the same site on every machine. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number;
  /** One of these, all alike likely. */
  pick<T>(choices: readonly T[]): T;
  /** One of these, as likely as its weight. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T;
  chance(probability: number): boolean;
}

export function seededRandom(seed: number): Random {
  return new Mulberry32(seed);
}

/** 32 bits of state, good enough to look natural. A class: one is made for every report, and closures take their time. */
class Mulberry32 implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    const state = (this.#state + 0x6d2b79f5) >>> 0;
    this.#state = state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }

  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let point = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [choice, weight] of choices) {
      point -= weight;
      if (point < 0) return choice;
    }
    return (choices.at(-1) as readonly [T, number])[0];
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** A seed for a part of what a seed makes: the parts do not depend on each other, nor on how many there are. */
export function seedOf(seed: number, ...parts: number[]): number {
  return parts.reduce((mixed, part) => {
    const next = Math.imul(mixed ^ (part + 0x9e3779b9), 0x85ebca6b);
    return (next ^ (next >>> 13)) >>> 0;
  }, Math.imul(seed, 0xc2b2ae35) >>> 0);
}
