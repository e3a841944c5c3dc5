/** Makes calls to AWS fail on purpose. */

/** How a call fails. */
export type FaultEffect =
  /** An error answer; the service is not called. */
  | { readonly kind: 'respond'; readonly status: number; readonly code: string }
  /** This share of a batch's entries (rounded up) is answered under `Failed`. */
  | { readonly kind: 'partial'; readonly fraction: number }
  /** The connection breaks; the service is not called. */
  | { readonly kind: 'reset' }
  /** The service does its work, then the connection breaks. */
  | { readonly kind: 'lose-answer' }
  /** No answer, ever; the service is not called. */
  | { readonly kind: 'hang' }
  /** The answer is delayed by this time. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Which calls fail, and how. */
export interface Fault {
  /** Name of the caller. @default any */
  readonly caller?: string;
  /** The operation, such as `sqs:SendMessageBatch` or `dynamodb:UpdateItem`. @default any */
  readonly action?: string;
  /** How many calls fail. @default all, until the fault is removed */
  readonly times?: number;
  readonly effect: FaultEffect;
}

/** The active faults. */
export interface Faults {
  /** Adds a fault. @returns a function that removes it */
  readonly add: (fault: Fault) => () => void;
  readonly clear: () => void;
  /** Effect of the oldest fault that applies to a call; counts as one of its `times`. */
  readonly take: (caller: string, action: string) => FaultEffect | undefined;
}

/** Starts without faults. */
export function createFaults(): Faults {
  const timesLeft = new Map<Fault, number>();
  return {
    add: (fault) => {
      // A copy, so that the same fault can be added twice.
      const own = { ...fault };
      timesLeft.set(own, fault.times ?? Infinity);
      return () => {
        timesLeft.delete(own);
      };
    },
    clear: () => {
      timesLeft.clear();
    },
    take: (caller, action) => {
      for (const [fault, left] of timesLeft) {
        if ((fault.caller ?? caller) !== caller || (fault.action ?? action) !== action) continue;
        if (left <= 1) timesLeft.delete(fault);
        else timesLeft.set(fault, left - 1);
        return fault.effect;
      }
      return undefined;
    },
  };
}
