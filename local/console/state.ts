/** What the bridge tells its console page. Types only: both the server and the page read them. */

/** How a part of the pipeline is doing. */
export type StageState = 'idle' | 'flowing' | 'backing-off' | 'broken';

/** The parts of the pipeline, in the order of an event's way through it. */
export type StageName = 'webhook' | 'ingest' | 'queue' | 'delivery' | 'pagerduty' | 'dead-letters';

/** A part of the pipeline as the page shows it. */
export interface StageView {
  readonly name: StageName;
  readonly state: StageState;
  /** Why it is in that state, in a few words. */
  readonly note: string;
  /** Label and number; the first is the one that matters most. */
  readonly figures: readonly (readonly [label: string, value: number])[];
}

/** A storm of events that the page started. */
export interface StormView {
  readonly running: boolean;
  readonly total: number;
  readonly posted: number;
  readonly accepted: number;
  readonly failed: number;
  /** The most frequent answer that was no 202, in its own words. */
  readonly trouble?: string | undefined;
}

/** Where every accepted event is. */
export interface ConservationView {
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  readonly waiting: number;
  readonly deadLetters: number;
  /** Dead letters that a replay deduplicated into a newer one of their incident. */
  readonly deduplicatedByReplay: number;
}

/** The pipeline at one moment. */
export interface PipelineView {
  readonly stages: readonly StageView[];
  readonly conservation: ConservationView;
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
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  /** When PagerDuty was last told of it, milliseconds since 1970. */
  readonly toldAt: number;
  /** Events that it stands for, as far as PagerDuty was told. */
  readonly events: number;
  /** From accepting its last event to telling PagerDuty, milliseconds. */
  readonly delay?: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** Deep link to where the responder can act. */
  readonly link?: string | undefined;
  /** Until then delivery deduplicates further events of a resolved incident without a call. */
  readonly deduplicatesUntil?: number | undefined;
}

/** The incidents, those that were told of last first. */
export interface IncidentsView {
  readonly shown: readonly IncidentView[];
  readonly open: number;
  readonly total: number;
}

/** A dead letter. Times are ISO 8601. */
export interface LetterView {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly httpStatus: number | null;
  readonly receiveCount: number | null;
  readonly failedAt: string | null;
  readonly service: string | null;
  readonly dedupKey: string | null;
  readonly event: { readonly summary: string; readonly occurredAt: string | null } | null;
  readonly problem: string | null;
}

/** The dead letters, the newest first. */
export interface LettersView {
  readonly shown: readonly LetterView[];
  readonly total: number;
}

/** Kinds of PagerDuty's answers. */
export const ANSWER_CLASSES = ['2xx', '429', '4xx', '5xx', 'none'] as const;

/** Kind of an answer: `4xx` is without 429, `none` is no answer at all. */
export type AnswerClass = (typeof ANSWER_CLASSES)[number];

/** One second of the chart. */
export interface Sample {
  /** End of the second, seconds since 1970. */
  readonly time: number;
  /** Events answered 202 in it. */
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  /** Events in the queue at its end. */
  readonly waiting: number;
  readonly answers: Readonly<Record<AnswerClass, number>>;
}

/** What a page is told first. */
export interface Hello {
  readonly stage: string;
  readonly webhookUrl: string;
  /** Absent when the stand-in takes the events. */
  readonly pagerDutyUrl?: string | undefined;
  /** The last ten minutes. */
  readonly history: readonly Sample[];
}

/** Name of each message to the page, and what it carries. */
export interface Messages {
  readonly hello: Hello;
  readonly pipeline: PipelineView;
  readonly incidents: IncidentsView;
  readonly letters: LettersView;
  readonly sample: Sample;
}

/** What came of a replay. */
export interface ReplayAnswer {
  readonly sent: number;
  readonly deduplicated: number;
  readonly failed: number;
  readonly remaining: number;
  /** Why some were not replayed. */
  readonly trouble?: string | undefined;
}

/** What came of a single event. */
export interface SendAnswer {
  /** Status that the webhook answered; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
}
