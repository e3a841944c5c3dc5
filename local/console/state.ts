/** What the bridge sends to its console page. Imported by the server and by the page. */

/** State of a step of the pipeline. */
export type StepState = 'idle' | 'flowing' | 'backing-off' | 'broken';

/** The steps of the pipeline, in the order in which an event passes them. */
export type StepName = 'webhook' | 'ingest' | 'queue' | 'delivery' | 'pagerduty' | 'dead-letters';

/** A step of the pipeline as the page shows it. */
export interface StepView {
  readonly name: StepName;
  readonly state: StepState;
  /** Reason for the state, in a few words. */
  readonly note: string;
  /** Label and number. The page shows the first one large. */
  readonly figures: readonly (readonly [label: string, value: number])[];
}

/** A storm of events that the page started. */
export interface StormView {
  readonly running: boolean;
  readonly total: number;
  readonly posted: number;
  readonly accepted: number;
  readonly failed: number;
  /** The most frequent answer other than 202: status and text. */
  readonly failure?: string | undefined;
}

/** Where the accepted events are. */
export interface AccountingView {
  readonly accepted: number;
  readonly delivered: number;
  /** By delivery, or by a replay that sent a newer dead letter of the same incident. */
  readonly deduplicated: number;
  /** Updates that are not due yet are among them. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** True when the other numbers add up to `accepted`. An event on its way is not counted for a moment. */
  readonly balanced: boolean;
}

/** The pipeline at one moment. */
export interface PipelineView {
  readonly steps: readonly StepView[];
  readonly accounting: AccountingView;
  /** Kind of the stand-in's mode; absent when events go to another PagerDuty. */
  readonly mode?: string | undefined;
  readonly storm?: StormView | undefined;
}

/** An incident as a responder sees it. */
export interface IncidentView {
  readonly number: number;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly severity: string;
  readonly summary: string;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  /** Events that PagerDuty was notified of, deduplicated ones included. */
  readonly events: number;
  /** From accepting an event to the call that opened the incident, milliseconds. */
  readonly delay?: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** Link to the view in Glasnostic. */
  readonly link?: string | undefined;
  /**
   * Only of an open incident: when the bridge resolves it, if no event comes before. Absent if it
   * never does. Milliseconds since 1970.
   */
  readonly resolvesAt?: number | undefined;
  /** Only of a resolved incident: since when. Milliseconds since 1970. */
  readonly resolvedAt?: number | undefined;
  /**
   * Only of a resolved incident: when its next update is due. Events that say only a new value wait
   * until then. Milliseconds since 1970.
   */
  readonly nextUpdateAt?: number | undefined;
}

/** The incidents: open ones first, then the newest first. */
export interface IncidentsView {
  /** At most 50. */
  readonly shown: readonly IncidentView[];
  readonly open: number;
  readonly total: number;
}

/** A dead letter: the fields of `dlq list --json` that the page shows. */
export interface DeadLetterView {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly httpStatus: number | null;
  readonly receiveCount: number | null;
  /** ISO 8601. */
  readonly failedAt: string | null;
  readonly service: string | null;
  readonly dedupKey: string | null;
  readonly event: { readonly summary: string } | null;
  readonly problem: string | null;
}

/** The dead letters, the newest first. */
export interface DeadLettersView {
  /** At most 50. */
  readonly shown: readonly DeadLetterView[];
  readonly total: number;
}

/** Kinds of PagerDuty's answers. `4xx` excludes 429; `none` means that there was no answer. */
export const ANSWER_CLASSES = ['2xx', '429', '4xx', '5xx', 'none'] as const;

/** Kind of an answer. */
export type AnswerClass = (typeof ANSWER_CLASSES)[number];

/** Seconds that the charts show. */
export const HISTORY_SECONDS = 600;

/** One second of the charts. */
export interface Sample {
  /** End of the second, seconds since 1970. */
  readonly time: number;
  /** Events answered 202 in it. */
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  /** Events in the queue at its end, without updates that are not due. */
  readonly waiting: number;
  readonly answers: Readonly<Record<AnswerClass, number>>;
}

/** First message to a page. */
export interface Hello {
  readonly stage: string;
  readonly webhookUrl: string;
  /** Absent when events go to the stand-in. */
  readonly pagerDutyUrl?: string | undefined;
  readonly history: readonly Sample[];
}

/** Content of each message to the page, by name. */
export interface Messages {
  readonly hello: Hello;
  readonly pipeline: PipelineView;
  readonly incidents: IncidentsView;
  readonly deadLetters: DeadLettersView;
  readonly sample: Sample;
}

/** Result of a replay. */
export interface ReplayAnswer {
  readonly sent: number;
  readonly deduplicated: number;
  readonly failed: number;
  readonly remaining: number;
  /** Why some dead letters were not replayed, a sentence. */
  readonly reason?: string | undefined;
}

/** Result of sending one event. */
export interface SendAnswer {
  /** Status that the webhook answered; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
}
