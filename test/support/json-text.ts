import fc from 'fast-check';

import { anyText } from './any-text.ts';

/**
 * JSON as text, which can have what a value cannot: duplicate names, numbers too large for a double,
 * escapes of half a surrogate pair, and names of properties that every object has.
 */

const ODD_STRINGS = [
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"x\\udfff"',
  '"\uFFFE"',
  '"\uFFFF"',
  '"\\ufffe"',
  '"a\\nb\\u2028c\u2028"',
  '"\u200B"',
  '".."',
  '"*"',
  '"\\/\\\\"',
  '"😀😀"',
  '"\u202Eabc"',
  '"%3a:%"',
  `"${'é'.repeat(300)}"`,
  `"${'😀'.repeat(1_100)}"`,
] as const;

const ODD_NUMBERS = ['0', '-0', '1e999', '-1e999', '1e20', '1.0', '9007199254740993', '5e-324'];

/** Text of a JSON string. */
export const stringText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_STRINGS),
  anyText.map((text) => JSON.stringify(text)),
);

/** Text of a JSON number. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

const NAMES = ['__proto__', 'constructor', 'toString', 'length', 'id', 'name', 'value', 'cut'];

const nameText = fc.oneof(
  fc.constantFrom(...NAMES).map((name) => JSON.stringify(name)),
  stringText,
);

/** Text of a JSON object with some members. */
export function objectText(members: fc.Arbitrary<readonly string[]>): fc.Arbitrary<string> {
  return members.map((list) => `{${list.filter((member) => member !== '').join(', ')}}`);
}

/** Text of any JSON. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    stringText,
    numberText,
    fc.constantFrom('null', 'true', 'false', '{}', '[]', ' {} ', '[[[]]]'),
    fc.array(tie('any'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    objectText(
      fc.array(
        fc.tuple(nameText, tie('any')).map(([name, value]) => `${name}:${value}`),
        { maxLength: 4 },
      ),
    ),
  ),
})).any;

/** Text of a member of an object: usually `usual`, sometimes any value, sometimes absent. */
export function memberText(name: string, usual: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .oneof(
      { weight: 8, arbitrary: usual },
      { weight: 1, arbitrary: jsonText },
      { weight: 1, arbitrary: fc.constant('') },
    )
    .map((value) => (value === '' ? '' : `"${name}": ${value}`));
}
