/**
 * Stands for `@aws-sdk/credential-provider-node` in the bundles (`lib/bundle.ts`): Lambda gives a
 * function its credentials in the environment, and nowhere else, so that the other places that the
 * package would look in (files, SSO, containers, instances) need not be loaded.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
