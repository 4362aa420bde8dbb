/** The service's error codes, by reason; where a status is not told apart by the code, the reason names it. */
const codes = {
  invalid: 400,
  invalidQuery: 400,
  bytesBilledLimitExceeded: 400,
  resourcesExceeded: 400,
  stopped: 400,
  notFound: 404,
  duplicate: 409,
  resourceInUse: 400,
  backendError: 503,
} as const;

export type Reason = keyof typeof codes;

/** One error in the service's form, as in `status.errorResult` and in `errors[]`. */
export interface ErrorProto {
  reason: Reason;
  message: string;
  location?: string;
}

/** What the service answers instead of a result: HTTP code, reason and message. */
export class ServiceError extends Error {
  readonly reason: Reason;
  readonly code: number;
  readonly location: string | undefined;

  constructor(reason: Reason, message: string, location?: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.code = codes[reason];
    this.location = location;
  }

  get proto(): ErrorProto {
    const location = this.location === undefined ? {} : { location: this.location };
    return { reason: this.reason, message: this.message, ...location };
  }

  /** The body of the HTTP answer. `errors[0].message` equals `message`, else the client prints "Multiple errors". */
  get body() {
    const parameter = this.location === undefined ? {} : { location: this.location, locationType: 'parameter' };
    return {
      error: {
        code: this.code,
        message: this.message,
        errors: [{ message: this.message, domain: 'global', reason: this.reason, ...parameter }],
        status: statusOf(this.code),
      },
    };
  }
}

function statusOf(code: number): string {
  if (code === 404) return 'NOT_FOUND';
  if (code === 409) return 'ALREADY_EXISTS';
  return code < 500 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE';
}

export const notFound = (what: string) => new ServiceError('notFound', `Not found: ${what}`);
export const duplicate = (what: string) => new ServiceError('duplicate', `Already Exists: ${what}`);
export const invalid = (message: string, location?: string) => new ServiceError('invalid', message, location);
export const invalidQuery = (message: string) => new ServiceError('invalidQuery', message, 'query');

/** SQL that the real service may run, but that this emulator has not been tested to answer rightly. */
export const unsupportedQuery = (what: string) => invalidQuery(`The emulator does not support ${what}`);

/** A request, or a part of one, that the real service may take. */
export const unsupported = (what: string) => invalid(`The emulator does not support ${what}`);

export const stopped = () => new ServiceError('stopped', 'Job execution was cancelled: the emulator stops');

/**
 * Turns what DuckDB throws into the service's error. Its messages start with the kind of error and end with a picture of
 * the SQL it was given, which is not the SQL that the user wrote.
 */
export function fromEngine(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const message = (text.split('\n\nLINE ')[0] ?? text).replace(
    /^(Invalid Input|Binder|Conversion|Catalog) Error: /,
    '',
  );
  if (/^Out of Memory/.test(text)) return new ServiceError('resourcesExceeded', message, undefined, { cause: error });
  if (/^INTERRUPT Error/.test(text)) return stopped();
  if (/^(IO|INTERNAL|FATAL) Error/.test(text)) {
    return new ServiceError('backendError', message, undefined, { cause: error });
  }
  return new ServiceError('invalidQuery', message, 'query', { cause: error });
}
