import fc from 'fast-check';

import { jsonText, memberText, numberText, objectText, stringText } from './json-text.ts';

/** Text of events. Most are similar enough to Glasnostic's to be accepted, with some odd values. */

const members = (...list: readonly fc.Arbitrary<string>[]): fc.Arbitrary<readonly string[]> =>
  fc.tuple(...list);

const id = fc.oneof(
  fc.constantFrom('"1"', '4', '"YegltGN8vgAK8THi"'),
  stringText.filter((text) => String(JSON.parse(text)).trim() !== ''),
);
const domain = fc.constantFrom('"VIEWS"', '"SEGMENTATION"', '"OTHER"', '"views"', '5');
/** A number, or a text that may be one. */
const amount = fc.oneof(
  numberText,
  fc.constantFrom('"42"', '"1e3"', '"42 r/s"', '"9007199254740993"', '0', '"0"'),
);
const time = fc.constantFrom(
  '"2022-04-03T17:52:24Z"',
  '"2022-04-03T7:52:24+02:00"',
  '1649008344',
  '"2022-02-30T00:00:00Z"',
  '1e999',
  '-5',
  '"9999-12-31T23:59:59-12:00"',
);
const anything = fc.tuple(stringText, jsonText).map(([name, value]) => `${name}: ${value}`);

const named = objectText(
  members(
    id.map((text) => `"id": ${text}`),
    memberText('name', stringText),
    fc.oneof(fc.constant(''), anything),
  ),
);

/** A view without a usable ID, or something else in its place. */
const view = fc.oneof(
  objectText(members(memberText('name', stringText), memberText('id', jsonText))),
  jsonText,
);

const content = objectText(
  members(
    memberText('metric', stringText),
    memberText('value', amount),
    memberText('threshold', amount),
    memberText('limit', amount),
    memberText('unit', stringText),
    memberText('source', stringText),
    memberText('destination', stringText),
    anything,
  ),
);

const parameter = objectText(
  members(
    memberText('domain', domain),
    memberText('viewId', id),
    memberText('metric', stringText),
    memberText('threshold', amount),
  ),
);

const webhook = objectText(
  members(
    memberText('id', id),
    memberText('url', stringText),
    memberText('eventType', fc.constantFrom('"LIMIT"', '"Threshold exceeded"', '"?"')),
    memberText('parameter', parameter),
  ),
);

const event = objectText(
  members(
    memberText('time', time),
    memberText('domain', domain),
    memberText('content', content),
    memberText('view', fc.oneof({ weight: 4, arbitrary: named }, { weight: 1, arbitrary: view })),
    fc.oneof(fc.constant(''), anything),
  ),
);

/** Text of an event, or of something similar. */
export const eventText: fc.Arbitrary<string> = objectText(
  members(
    fc.oneof(
      { weight: 20, arbitrary: fc.constant('"type": "EVENT"') },
      { weight: 1, arbitrary: memberText('type', jsonText) },
    ),
    memberText('time', time),
    fc.oneof(
      { weight: 20, arbitrary: named.map((text) => `"environment": ${text}`) },
      { weight: 1, arbitrary: memberText('environment', named) },
    ),
    memberText(
      'webhook',
      fc.oneof({ weight: 9, arbitrary: webhook }, { weight: 1, arbitrary: jsonText }),
    ),
    memberText(
      'event',
      fc.oneof({ weight: 9, arbitrary: event }, { weight: 1, arbitrary: jsonText }),
    ),
    anything,
  ),
);
