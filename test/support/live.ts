import type { Bridge } from '../../local/bridge.ts';
import type { PipelineView } from '../../local/console/state.ts';

/**
 * Reads a bridge's stream until a message about the pipeline matches.
 *
 * @param opened called at the first message
 * @returns the message, and `performance.now()` at its arrival
 * @throws Error when none matches within 20 s
 */
export async function nextPipeline(
  bridge: Bridge,
  fits: (view: PipelineView) => boolean,
  opened: () => void = () => {},
): Promise<{ readonly view: PipelineView; readonly at: number }> {
  const response = await fetch(`${bridge.url}/api/live`, { signal: AbortSignal.timeout(20_000) });
  let text = '';
  for await (const chunk of response.body ?? []) {
    const at = performance.now();
    text += Buffer.from(chunk).toString('utf8');
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const json = /^event: pipeline\ndata: (.*)$/.exec(frame)?.[1];
      if (json === undefined) continue;
      opened();
      const view: PipelineView = JSON.parse(json);
      if (fits(view)) return { view, at };
    }
  }
  throw new Error('The stream ended.');
}
