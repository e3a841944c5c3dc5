/** Messages between the bridge and a function's process. */

/** Bridge -> process: run the handler once. */
export interface Invoke {
  readonly type: 'invoke';
  readonly requestId: string;
  readonly event: unknown;
  /** When the invocation times out, in milliseconds since 1970. */
  readonly deadline: number;
  readonly traceId: string;
}

/** Process -> bridge. */
export type Reply =
  /** The handler is loaded. */
  | { readonly type: 'ready' }
  /** The handler's result as JSON. */
  | { readonly type: 'result'; readonly requestId: string; readonly payload: string }
  /** The handler could not be loaded (no request ID), or it threw. */
  | {
      readonly type: 'error';
      readonly requestId?: string;
      readonly errorType: string;
      readonly message: string;
    };
