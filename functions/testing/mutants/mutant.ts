/** A deliberate fault, and the tests that have to notice it. */
export interface Mutant {
  /** What is wrong then. */
  what: string;
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  tests: string[];
}

/** mutants.json: by the tests that should notice (files, parted by blanks), and by file, what is put in the place of what. */
export type MutantTable = Record<string, Record<string, { what: string; find: string; replace: string }[]>>;

export function mutantsOf(table: MutantTable): Mutant[] {
  return Object.entries(table).flatMap(([tests, files]) =>
    Object.entries(files).flatMap(([file, edits]) => edits.map((edit) => ({ ...edit, file, tests: tests.split(' ') }))),
  );
}
