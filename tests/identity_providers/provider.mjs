// A real OpenID provider for the tests: prints its address as soon as it answers.
//
// `node provider.mjs RS256,ES256` signs with new keys of these algorithms. A user is whoever logs
// in, under any name. The resource that is asked for, urn:lastschrift:ES256, says by which
// algorithm its access tokens are signed; they are JSON Web Tokens (RFC 9068).

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const SCOPES = [
  'https://scope.secucard.com/e/api',
  'pay:payment-methods:create',
  'pay:payment-methods:create:sepa',
  'pay:payment-methods:read',
  'pay:payment-methods:delete',
  'pay:payment-methods-per-user:read:one',
];

const KEY_PAIRS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};

const [algorithms, port = '0'] = process.argv.slice(2);

function newKey(alg) {
  const { privateKey } = generateKeyPairSync(...KEY_PAIRS[alg]);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' };
}

function resource(context, name) {
  return {
    audience: 'lastschrift',
    scope: SCOPES.join(' '),
    accessTokenFormat: 'jwt',
    accessTokenTTL: 300,
    jwt: { sign: { alg: name.split(':').at(-1) } },
  };
}

const configuration = {
  clients: [
    {
      client_id: 'fuel-app',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://fuel.example.org/callback'],
      id_token_signed_response_alg: algorithms.split(',')[0],
    },
  ],
  cookies: { keys: ['only a test'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: resource,
      useGrantedResource: () => true,
    },
  },
  jwks: { keys: algorithms.split(',').map(newKey) },
  scopes: ['openid', ...SCOPES],
};

const server = createServer();
server.listen(Number(port), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(url, configuration).callback());
  console.log(url);
});
