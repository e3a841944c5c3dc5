import fc from 'fast-check';

const between = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((point) => String.fromCodePoint(point));

/** Any character of Unicode, ASCII more often. */
const anyCharacter = fc.oneof(
  between(0x20, 0x7e),
  between(0x00, 0xff),
  between(0x1_00, 0xd7ff),
  between(0xe000, 0xffff),
  between(0x1_0000, 0x10_ffff),
);

/** Well-formed text of any characters. fast-check's own unit `binary` takes seconds to set up. */
export function anyTextOf(constraints: fc.ArrayConstraints = {}): fc.Arbitrary<string> {
  return fc.array(anyCharacter, constraints).map((characters) => characters.join(''));
}

/** Well-formed text of any characters and any length. */
export const anyText: fc.Arbitrary<string> = anyTextOf();
