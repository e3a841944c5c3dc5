import type { Bridge } from '../../local/bridge.ts';
import type { Messages, PipelineView } from '../../local/console/state.ts';

/**
 * Reads a bridge's stream until a message matches.
 *
 * @param opened called at the first message of this name
 * @returns the message, and `performance.now()` at its arrival
 * @throws Error when none matches within 20 s
 */
export async function nextMessage<Name extends keyof Messages>(
  bridge: Bridge,
  name: Name,
  fits: (view: Messages[Name]) => boolean,
  opened: () => void = () => {},
): Promise<{ readonly view: Messages[Name]; readonly at: number }> {
  const response = await fetch(`${bridge.url}/api/live`, { signal: AbortSignal.timeout(20_000) });
  const begin = `event: ${name}\ndata: `;
  let text = '';
  for await (const chunk of response.body ?? []) {
    const at = performance.now();
    text += Buffer.from(chunk).toString('utf8');
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      if (!frame.startsWith(begin)) continue;
      opened();
      const view: Messages[Name] = JSON.parse(frame.slice(begin.length));
      if (fits(view)) return { view, at };
    }
  }
  throw new Error('The stream ended.');
}

/** {@link nextMessage} about the pipeline. */
export async function nextPipeline(
  bridge: Bridge,
  fits: (view: PipelineView) => boolean,
  opened?: () => void,
): Promise<{ readonly view: PipelineView; readonly at: number }> {
  return nextMessage(bridge, 'pipeline', fits, opened);
}
