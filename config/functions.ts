/** Reads the sizes of the functions. */

import type { Section } from './section.ts';
import type { DeliveryFunctionSettings, IngestFunctionSettings } from './stage.ts';

const MEMORY = {
  min: 256,
  max: 10_240,
  why: 'a function takes up to 200 MB under a storm, and Lambda gives 10,240 at most',
};

/** Reads the size of the ingest function. */
export function readIngestFunction(stage: Section): IngestFunctionSettings {
  const section = stage.section('ingestFunction');
  const settings: IngestFunctionSettings = {
    memoryMB: section.integer('memoryMB', 512, MEMORY),
    timeoutSeconds: section.integer('timeoutSeconds', 10, {
      min: 1,
      max: 29,
      why: 'an HTTP API stops waiting after 30 seconds',
    }),
    ...(section.has('reservedConcurrency')
      ? {
          reservedConcurrency: section.integer('reservedConcurrency', 1, {
            min: 1,
            max: 1000,
            why: 'an account has a concurrency of 1,000 unless AWS raised it',
          }),
        }
      : {}),
  };
  section.close();
  return settings;
}

/** Reads the size of the delivery function and of its batches. */
export function readDeliveryFunction(stage: Section): DeliveryFunctionSettings {
  const section = stage.section('deliveryFunction');
  const settings: DeliveryFunctionSettings = {
    memoryMB: section.integer('memoryMB', 512, MEMORY),
    timeoutSeconds: section.integer('timeoutSeconds', 60, {
      min: 5,
      max: 900,
      why: 'Lambda stops a function after 900 seconds',
    }),
    batchSize: section.integer('batchSize', 10, {
      min: 1,
      max: 10_000,
      why: "these are the bounds of Lambda's batches from SQS",
    }),
    batchWindowSeconds: section.integer('batchWindowSeconds', 0, {
      min: 0,
      max: 300,
      why: "these are the bounds of Lambda's batching window",
    }),
  };
  section.close();
  if (settings.batchSize > 10 && settings.batchWindowSeconds < 1) {
    section.problem(
      'batchWindowSeconds',
      `0 allows batches of 10 at most; use at least 1 with batchSize ${settings.batchSize}`,
    );
  }
  return settings;
}
