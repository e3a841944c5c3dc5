import { describe, expect, test } from '@jest/globals';
import { readCommandLine, USAGE, UsageError } from '../../local/command-line.ts';

const KEY = 'a1'.repeat(16);

describe('npm start', () => {
  test('without options', () => {
    expect(readCommandLine([], {})).toEqual({ port: 4100, sendSample: true, isQuiet: false });
  });

  test('with every option', () => {
    const args = [
      '--port=0',
      '--token=secret-token',
      '--pagerduty-url',
      'https://events.eu.pagerduty.com/',
      '--integration-key',
      KEY,
      '--no-sample',
      '--quiet',
    ];
    expect(readCommandLine(args, {})).toEqual({
      port: 0,
      isQuiet: true,
      token: 'secret-token',
      pagerDutyUrl: 'https://events.eu.pagerduty.com',
      integrationKey: KEY,
      sendSample: false,
    });
  });

  test('with the key in the environment, which the option overrides', () => {
    const env = { INTEGRATION_KEY: KEY };
    expect(readCommandLine([], env)).toMatchObject({ integrationKey: KEY });
    const other = 'b2'.repeat(16);
    expect(readCommandLine(['--integration-key', other], env)).toMatchObject({
      integrationKey: other,
    });
    expect(readCommandLine([], { INTEGRATION_KEY: '' })).not.toHaveProperty('integrationKey');
  });

  test('--help names every option', () => {
    expect(readCommandLine(['--help', '--port', 'x'], {})).toBe('help');
    for (const option of [
      '--port',
      '--token',
      '--pagerduty-url',
      '--integration-key',
      '--no-sample',
    ]) {
      expect(USAGE).toContain(option);
    }
  });

  test.each<[string[], string]>([
    [['--port', 'http'], '--port takes a number'],
    [['--port', '65536'], '--port takes a number'],
    [['--port'], '--port'],
    [['--token', 'short'], '--token takes 8 to 256'],
    [['--token', 'with/slash'], '--token takes 8 to 256'],
    [['--token', '........'], '--token takes 8 to 256'],
    [['--pagerduty-url', 'https://events.pagerduty.com'], 'an integration key of that PagerDuty'],
    [['--pagerduty-url', 'events.pagerduty.com', '--integration-key', KEY], 'a base URL'],
    [['--pagerduty-url', 'https://e.com/v2/enqueue', '--integration-key', KEY], 'a base URL'],
    [['--integration-key', 'e+23rschqsESqk9Q6_-g'], '20 characters'],
    [['--verbose'], "'--verbose'"],
    [['extra'], "'extra'"],
  ])('%j is a usage error', (args, message) => {
    expect(() => readCommandLine(args, {})).toThrow(UsageError);
    expect(() => readCommandLine(args, {})).toThrow(message);
  });

  test('no error repeats a key', () => {
    const wrong = `${KEY}x`;
    expect(() => readCommandLine(['--integration-key', wrong], {})).toThrow(/33 characters/);
    expect(() => readCommandLine(['--integration-key', wrong], {})).not.toThrow(wrong);
    expect(() => readCommandLine([], { INTEGRATION_KEY: wrong })).toThrow(/^INTEGRATION_KEY/);
  });
});
