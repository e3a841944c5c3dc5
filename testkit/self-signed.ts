import { generateKeyPairSync, sign } from 'node:crypto';

/** A self-signed certificate, created at run time so that the repository contains no key. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** One element of ASN.1 in DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

const SEQUENCE = 0x30;
const ECDSA_WITH_SHA256 = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));

/** A name with the attribute `CN`. */
function commonName(host: string): Buffer {
  const attribute = Buffer.from('0603550403', 'hex');
  return der(SEQUENCE, der(0x31, der(SEQUENCE, attribute, der(0x0c, Buffer.from(host)))));
}

/**
 * Creates a certificate of version 1, valid from 2020 to 2049.
 * https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 *
 * @param host the common name. Clients accept it for a host name, not for an address
 */
export function selfSigned(host = '127.0.0.1'): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = der(
    SEQUENCE,
    der(0x17, Buffer.from('200101000000Z')),
    der(0x17, Buffer.from('491231235959Z')),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    commonName(host),
    validity,
    commonName(host),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, privateKey)]);
  const certificate = der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, der(0x03, signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}
