/**
 * The fields of a Glasnostic event that routing and translation use. Only the ID of the environment
 * is required: a field that cannot be used counts as missing, and the event is delivered without it.
 */

import * as v from 'valibot';

import { isJsonObject, type JsonObject } from '../shared/json.ts';

/**
 * Longest text that is normalised, in UTF-16 units. The time that normalising takes grows with the
 * square of the number of combining characters: 120,000 of them take ten seconds.
 */
const MAX_NORMALISED = 1_000;

/**
 * A text without white space around it, in Unicode's form NFC. An `é` that was sent as one character
 * or as two is then the same in an ID.
 */
function normalise(sent: string): string {
  const trimmed = sent.trim();
  return trimmed.length <= MAX_NORMALISED ? trimmed.normalize('NFC') : trimmed;
}

const notBlank = v.check((sent: string) => sent !== '', 'must not be blank');

// Glasnostic sends IDs as strings and as numbers (`webhook.id` is sent as both). Two numbers from
// 2^53 on could be rounded to the same; `parseJson` makes strings of them.
const wrongId = 'must be a string, or a whole number below 2^53';
const id = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger(wrongId))], wrongId),
  v.transform((sent) => normalise(String(sent))),
  notBlank,
);

const text = v.pipe(v.string(), v.transform(normalise), notBlank);

/** A decimal number as text, such as `42`, `-0.5` or `1e3`. */
const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

const number = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(DECIMAL), v.transform(Number))]),
  v.finite(),
);

/** A field that routing does not need. A value that cannot be used counts as missing. */
const optional = <T extends v.GenericSchema>(schema: T) =>
  v.optional(v.fallback(v.nullish(schema), undefined));

/** An object (not an array) with these entries and any others. */
const object = <T extends v.ObjectEntries>(entries: T) =>
  v.pipe(v.custom<JsonObject>(isJsonObject, 'must be an object'), v.object(entries));

/** Schema of an event. */
export const eventSchema = object({
  type: optional(text),
  time: v.optional(v.unknown()),
  environment: object({ id, name: optional(text) }),
  webhook: optional(
    object({
      id: optional(id),
      eventType: optional(text),
      parameter: optional(
        object({
          domain: optional(text),
          viewId: optional(id),
          metric: optional(text),
          threshold: optional(number),
        }),
      ),
    }),
  ),
  event: optional(
    object({
      time: v.optional(v.unknown()),
      domain: optional(text),
      content: v.optional(v.unknown()),
      view: optional(object({ id: optional(id), name: optional(text) })),
    }),
  ),
});

/** An event with the fields that could be used; the others are `undefined`. */
export type SentEvent = v.InferOutput<typeof eventSchema>;

/** Schema of an event's content. */
export const contentSchema = v.object({
  metric: optional(text),
  value: optional(number),
  threshold: optional(number),
  limit: optional(number),
  unit: optional(text),
});
