import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { statusOf } from './errors.ts';

/** A gRPC method that answers once, from a function that returns the answer or throws an RpcError. */
export function unary<Request, Response>(
  answer: (request: Request, call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await answer(call.request, call));
    } catch (error) {
      callback(statusOf(error));
    }
  };
}
