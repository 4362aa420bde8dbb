export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line may say; never a payload, an address or a secret. */
export interface LogFields {
  eventId?: string;
  kind?: string;
  reason?: string;
  field?: string | null;
  durationMs?: number;
  /** A failure's class and code. */
  error?: string;
  [count: string]: string | number | boolean | null | undefined;
}

export type Log = (severity: LogLevel, message: string, fields?: LogFields) => void;

/**
 * Logs JSON lines on standard error, as Cloud Logging reads them. Below `level` nothing is written: at the default, INFO, a
 * function writes no line per event, which would cost more than the work.
 */
export function openLog(name: string, level: LogLevel = 'INFO'): Log {
  return (severity, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(severity) < LOG_LEVELS.indexOf(level)) return;
    process.stderr.write(`${JSON.stringify({ severity, message, function: name, ...fields })}\n`);
  };
}

/** A failure without its text, which can quote what was being worked on: the classes and codes along its causes. */
export function failureName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  const own = typeof code === 'string' || typeof code === 'number' ? `${error.name} ${code}` : error.name;
  return error.cause === undefined ? own : `${own} < ${failureName(error.cause)}`;
}
