import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Presets, SingleBar } from 'cli-progress';
import { CommandFailure, EXIT } from './command-failure.ts';

/** How far something long has come. */
export interface Progress {
  /** `total` when it has become known, or grew. */
  update(done: number, total?: number): void;
  end(): void;
}

/** How a command shows what it found. */
export interface Output {
  json?: true;
}

/** Where a command speaks: results on standard output, for a program to read, all else on standard error. */
export interface Terminal {
  /** Prints a result: as JSON for a program, as `text` makes it for a person. */
  result<T>(result: T, text: (result: T) => string, output: Output): void;
  note(text: string): void;
  /** A bar on a terminal, nothing elsewhere. */
  progress(what: string): Progress;
  /** Asks on a terminal, and ends the command unless the answer is yes. Elsewhere nobody is asked. */
  confirm(question: string): Promise<void>;
}

/** What a command works on. */
export interface Shell {
  env: NodeJS.ProcessEnv;
  terminal: Terminal;
}

export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

export function openTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  return {
    result: (result, text, { json }) => {
      stdout.write(`${json ? JSON.stringify(result, null, 2) : text(result)}\n`);
    },
    note: (text) => {
      stderr.write(`${text}\n`);
    },
    progress: (what) => (stderr.isTTY ? startBar(what, stderr) : { update: () => {}, end: () => {} }),
    confirm: async (question) => {
      if (!stdin.isTTY || !stderr.isTTY) return;
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        // the end of input is no answer
        const ended = once(lines, 'close').then(() => '');
        const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
        if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFailure(EXIT.found, 'nothing was done');
      } finally {
        lines.close();
      }
    },
  };
}

function startBar(what: string, stream: NodeJS.WritableStream): Progress {
  const bar = new SingleBar(
    { format: `${what} {bar} {value}/{total} {eta_formatted}`, stream, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(0, 0);
  return {
    update: (done, total) => {
      if (total !== undefined) bar.setTotal(total);
      bar.update(done);
    },
    end: () => bar.stop(),
  };
}

export type Cell = string | number | boolean | null;

/** Values beside their headings; a list goes on below its first. */
export function section(entries: [string, Cell | Cell[]][]): string {
  const width = Math.max(...entries.map(([heading]) => heading.length)) + 2;
  return entries
    .flatMap(([heading, value]) => {
      const [first = null, ...rest] = Array.isArray(value) ? value : [value];
      return [`${heading.padEnd(width)}${cellText(first)}`, ...rest.map((cell) => ' '.repeat(width) + cellText(cell))];
    })
    .join('\n');
}

/** Columns under their headings, as wide as their widest cell. */
export function table(headings: string[], rows: Cell[][]): string {
  const lines = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellText(value: Cell): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null || value === '' ? '-' : printable(String(value));
}

/** What strangers sent must not steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
