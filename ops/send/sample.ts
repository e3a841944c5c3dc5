/** The event that `send` posts: the vendor's documented sample, with the present time. */

import type { JsonObject } from '../../lambda/shared/json.ts';

/** Fields of the sample to replace. */
export interface SampleChoice {
  /** ID of the view. @default the sample's */
  readonly view?: string | undefined;
  /** ID of the environment. @default the sample's */
  readonly environment?: string | undefined;
  /** The metric. @default requests */
  readonly metric?: string | undefined;
  /** The measured value. @default over the threshold */
  readonly value?: number | undefined;
}

/** The sample's view and environment, as in the vendor's documentation. */
const VIEW = { id: '4', name: 'Recommendation-Frontend' };
const ENVIRONMENT = { id: 'YegltGN8vgAK8THi', name: 'Online Boutique' };

const THRESHOLD = 30;

/** Over the threshold: the documented 0, the console's preview, would look like a false alarm. */
const DEFAULT_VALUE = 42;

/**
 * Makes the event.
 *
 * @param now milliseconds since 1970
 */
export function sampleEvent(choice: SampleChoice, now: number): JsonObject {
  const { value = DEFAULT_VALUE, metric = 'requests' } = choice;
  // Glasnostic documents the unit of requests only.
  const unit = metric === 'requests' ? { unit: 'r/s' } : {};
  const view =
    choice.view === undefined || choice.view === VIEW.id
      ? VIEW
      : { id: choice.view, name: `View ${choice.view}` };
  const environment = choice.environment === undefined ? ENVIRONMENT : { id: choice.environment };
  const time = new Date(now).toISOString();
  return {
    type: 'EVENT',
    time,
    environment,
    webhook: {
      id: 1,
      parameter: { domain: 'VIEWS', viewId: view.id, metric, threshold: THRESHOLD },
    },
    event: {
      time,
      domain: 'VIEWS',
      content: { metric, threshold: THRESHOLD, ...unit, value },
      view,
    },
  };
}
