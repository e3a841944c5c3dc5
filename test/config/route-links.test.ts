import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';

/** The lines of the error of a stage named `r`, without the heading. */
function mistakes(routes: unknown): string[] {
  const written: object = { routes };
  try {
    defineStage({ name: 'r', routes: [], ...written });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return [];
}

const RUNBOOK_FIX =
  'cannot be used; write an https:// URL of at most 1,000 characters; {environment}, {view} and {metric} may follow its host';

describe('a mistake in a runbook or in details names the path and the fix', () => {
  test.each<[string, object, string]>([
    [
      'a runbook without TLS',
      { environment: '1', service: 's', runbook: 'http://wiki.example/{view}' },
      `.runbook: "http://wiki.example/{view}" ${RUNBOOK_FIX}`,
    ],
    [
      'a runbook on a host that the event chooses',
      { environment: '1', service: 's', runbook: 'https://{environment}.example/' },
      `.runbook: "https://{environment}.example/" ${RUNBOOK_FIX}`,
    ],
    [
      'a runbook with an unknown placeholder',
      { environment: '1', service: 's', runbook: 'https://wiki.example/{views}' },
      `.runbook: "https://wiki.example/{views}" ${RUNBOOK_FIX}`,
    ],
    [
      'a runbook with a password',
      { environment: '1', service: 's', runbook: 'https://a:b@wiki.example/' },
      `.runbook: "https://a:b@wiki.example/" ${RUNBOOK_FIX}`,
    ],
    [
      'a detail that is no text',
      { environment: '1', service: 's', details: { tier: 1 } },
      '.details.tier: 1 cannot be used; write a text of 1 to 1,000 characters on one line',
    ],
    [
      'a detail with the name of one of the bridge',
      { environment: '1', service: 's', details: { view: 'shop' } },
      '.details.view: is a field that the bridge writes itself; use another name',
    ],
    [
      'a detail without a name',
      { environment: '1', service: 's', details: { '': 'x' } },
      '.details: is no name for a field; begin with a letter, and use at most 64 characters',
    ],
    [
      'more details than a responder reads',
      {
        environment: '1',
        service: 's',
        details: Object.fromEntries(Array.from({ length: 21 }, (__, i) => [`d${i}`, 'x'])),
      },
      '.details: has 21 fields; use at most 20',
    ],
  ])('%s', (_, route, message) => {
    expect(mistakes([route])).toEqual([`stages.r.routes[0] (environment 1 → s)${message}`]);
  });
});
