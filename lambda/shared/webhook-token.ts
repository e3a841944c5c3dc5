/** The characters that a URL never escapes: https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
const UNRESERVED = /^[A-Za-z0-9._~-]+$/;

/**
 * True if a webhook token can be a segment of a URL's path as it is. API Gateway decodes a path
 * before it looks for the route, so it answers 404 to a token with an escaped `/`, and a token with
 * another escaped character reaches ingest in another form. Dots alone are a step in the path.
 */
export function fitsUrlPath(token: string): boolean {
  return UNRESERVED.test(token) && !/^\.+$/.test(token);
}

/** What to do about a token that does not fit, for an error. */
export const UNFIT_TOKEN =
  'The webhook token has other characters than letters, digits and . _ ~ - and cannot be a part of a URL; make another one with: ./bridge token rotate';
