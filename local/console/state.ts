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
  /** Messages that the operator put into the queues: an import, or by hand. */
  readonly added: number;
  readonly delivered: number;
  /** By delivery, or by a replay that sent a newer dead letter of the same incident. */
  readonly deduplicated: number;
  /** Updates that are not due yet are among them. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Dead letters that the operator discarded, or that a replay of the commands deduplicated. */
  readonly removed: number;
  /** Events and dead letters that purges of the queues removed. */
  readonly purged: number;
  /** True when what came in is somewhere. An event on its way is not counted for a moment. */
  readonly balanced: boolean;
  /** Present when it has not been balanced for ten seconds. */
  readonly wrong?: {
    /** Events that are nowhere; negative if more are counted than came. */
    readonly events: number;
    /** Milliseconds since 1970. */
    readonly since: number;
  };
}

/** The answer of `./bridge status`. Times in milliseconds since 1970. */
export interface VerdictView {
  readonly answer: 'yes' | 'late' | 'partly' | 'no' | 'unknown';
  /** The answer in a word. */
  readonly word: string;
  /** The reason, without a full stop at the end. */
  readonly sentence: string;
  /** When the oldest event that waits was sent to the queue. */
  readonly oldestAt?: number | undefined;
  /** Since when calls to PagerDuty fail. */
  readonly failingSince?: number | undefined;
  /** When delivery tries again. It is in the past while delivery is busy. */
  readonly nextAttemptAt?: number | undefined;
  readonly lastPageAt?: number | undefined;
}

/** The pipeline at one moment. */
export interface PipelineView {
  readonly steps: readonly StepView[];
  readonly accounting: AccountingView;
  /** Kind of the stand-in's mode; absent when events go to another PagerDuty. */
  readonly mode?: string | undefined;
  readonly storm?: StormView | undefined;
}

/** A row of the list of incidents. Times in milliseconds since 1970. */
export interface IncidentRow {
  readonly number: number;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly severity: string;
  readonly summary: string;
  readonly service: string;
  readonly openedAt: number;
  readonly changedAt: number;
  /** Events that PagerDuty was notified of, deduplicated ones included. */
  readonly events: number;
}

/** Something that happened to an incident. */
export interface TimelineEntry {
  readonly at: number;
  readonly kind: 'opened' | 'updated' | 'acknowledged' | 'resolved';
  readonly byHand?: boolean;
  readonly severity?: string;
  readonly summary?: string;
}

/** An incident as the stand-in received it. */
export interface IncidentDetail extends IncidentRow {
  readonly dedupKey: string;
  /** Texts of the event's payload. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly href: string; readonly text: string }[];
  /** The oldest first. */
  readonly timeline: readonly TimelineEntry[];
  /** Updates that the timeline has no more, after its first entry. */
  readonly dropped: number;
  /** From accepting an event to the call that opened the incident, milliseconds. */
  readonly delay?: number | undefined;
  /** Only of an open incident: when the bridge resolves it, if no event comes before. */
  readonly resolvesAt?: number | undefined;
  /** Only of a resolved incident: since when. */
  readonly resolvedAt?: number | undefined;
  /**
   * Only of a resolved incident: when its next update is due. Events that say only a new value wait
   * until then.
   */
  readonly nextUpdateAt?: number | undefined;
}

/** The incidents: open ones first, by severity; then the resolved ones. */
export interface IncidentsView {
  readonly rows: readonly IncidentRow[];
  readonly open: number;
}

/** Dead letters of one incident that failed for the same reason. Times in milliseconds since 1970. */
export interface DeadLetterGroupView {
  readonly id: string;
  readonly count: number;
  readonly newestAt: number;
  readonly oldestAt: number;
  readonly reason: string;
  readonly detail: string;
  readonly httpStatus?: number | undefined;
  readonly service?: string | undefined;
  readonly dedupKey?: string | undefined;
  readonly severity?: string | undefined;
  /** Summary of the newest event, or what is wrong with the message. */
  readonly title: string;
}

/** The dead letters in groups: by severity, then the newest first. */
export interface DeadLettersView {
  readonly groups: readonly DeadLetterGroupView[];
  readonly total: number;
}

/** A dead letter of a group. */
export interface DeadLetterRow {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly failedAt: number;
  readonly receiveCount?: number | undefined;
  readonly title: string;
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
  readonly verdict: VerdictView;
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
