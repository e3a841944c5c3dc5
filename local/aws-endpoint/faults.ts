/** Makes AWS fail on purpose, so that what happens then can be tried. */

/** How a call fails. */
export type FaultEffect =
  /** An error answer; the service is not reached. */
  | { readonly kind: 'respond'; readonly status: number; readonly code: string }
  /** Of a batch, this share of the entries (rounded up) comes back under `Failed`. */
  | { readonly kind: 'partial'; readonly fraction: number }
  /** The connection breaks; the service is not reached. */
  | { readonly kind: 'reset' }
  /** The service does what it was asked for, then the connection breaks. */
  | { readonly kind: 'lose-answer' }
  /** No answer, ever; the service is not reached. */
  | { readonly kind: 'hang' }
  /** The answer takes this much longer. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Which calls fail, and how. */
export interface Fault {
  /** Name of the caller. @default any */
  readonly caller?: string;
  /** The operation, such as `sqs:SendMessageBatch` or `secretsmanager:GetSecretValue`. @default any */
  readonly action?: string;
  /** How many calls fail. @default all, until the fault is removed */
  readonly times?: number;
  readonly effect: FaultEffect;
}

/** The faults in force. */
export interface Faults {
  /** Adds a fault. @returns a function that removes it */
  readonly add: (fault: Fault) => () => void;
  readonly clear: () => void;
  /** Uses up and gives the effect of the oldest fault that takes a call. */
  readonly take: (caller: string, action: string) => FaultEffect | undefined;
}

/** Starts without faults. */
export function createFaults(): Faults {
  const active = new Map<Fault, number>();
  return {
    add: (fault) => {
      const own = { ...fault };
      active.set(own, fault.times ?? Infinity);
      return () => {
        active.delete(own);
      };
    },
    clear: () => {
      active.clear();
    },
    take: (caller, action) => {
      for (const [fault, left] of active) {
        if ((fault.caller ?? caller) !== caller || (fault.action ?? action) !== action) continue;
        if (left <= 1) active.delete(fault);
        else active.set(fault, left - 1);
        return fault.effect;
      }
      return undefined;
    },
  };
}
