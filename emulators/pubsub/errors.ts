import { status } from '@grpc/grpc-js';

/** An error that reaches the client as a gRPC status; the wording follows the service's own where it is known. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export const invalidArgument = (message: string) => new RpcError(status.INVALID_ARGUMENT, message);
export const pullOfPush = () =>
  new RpcError(status.FAILED_PRECONDITION, 'This method is not supported for push subscriptions.');
export const resourceExhausted = (message: string) => new RpcError(status.RESOURCE_EXHAUSTED, message);
export const notFound = (id: string) => new RpcError(status.NOT_FOUND, `Resource not found (resource=${id}).`);
export const alreadyExists = (id: string) =>
  new RpcError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${id}).`);
export const unsupported = (what: string) =>
  new RpcError(status.UNIMPLEMENTED, `This emulator does not support ${what}.`);
/** Ends streams when the emulator stops: the official subscriber reconnects on this status, and closes on most others. */
export const unavailable = () => new RpcError(status.UNAVAILABLE, 'The emulator is stopping.');

/** The gRPC status of anything thrown. What is not an RpcError is a bug, or a file that cannot be written: it is logged. */
export function statusOf(error: unknown): { code: status; details: string } {
  if (error instanceof RpcError) return { code: error.code, details: error.message };
  console.error('pubsub emulator:', error);
  return { code: status.INTERNAL, details: String(error) };
}
