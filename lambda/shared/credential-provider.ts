/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles (see `lib/bundle.ts`). Lambda passes
 * credentials in environment variables only. The other sources of that package (files, SSO,
 * containers, instances) would only make the bundles larger.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
