/** Where a failed precondition stands in the service's error form. */
const PRECONDITION = { locationType: 'header', location: 'If-Match' };

/** An answer that refuses, in the service's own form (`{error: {code, message, errors: [{message, domain, reason}]}}`). */
export class StorageError extends Error {
  override name = 'StorageError';
  readonly code: number;
  readonly reason: string;
  readonly place: Record<string, string>;

  constructor(code: number, reason: string, message: string, place: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.place = place;
  }

  /** The JSON body. */
  body(): unknown {
    const { code, message, reason, place } = this;
    return { error: { code, message, errors: [{ message, domain: 'global', reason, ...place }] } };
  }
}

export const invalid = (message: string) => new StorageError(400, 'invalid', message);
export const required = (message: string) => new StorageError(400, 'required', message);
export const notFound = (message: string) => new StorageError(404, 'notFound', message);
export const conflict = (message: string) => new StorageError(409, 'conflict', message);

/** What the service can do and this emulator cannot: said, never pretended. No 501: gcloud would try on for minutes. */
export const notImplemented = (what: string) =>
  new StorageError(400, 'notImplemented', `The storage emulator does not support ${what}.`);

/** 412. The wording is the service's; clients look at the code. */
export const conditionNotMet = () =>
  new StorageError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
    PRECONDITION,
  );

/** 304, which has no body. */
export const notModified = () => new StorageError(304, 'notModified', 'Not Modified');

export const noSuchBucket = () => notFound('The specified bucket does not exist.');
export const noSuchObject = (bucket: string, name: string) => notFound(`No such object: ${bucket}/${name}`);
