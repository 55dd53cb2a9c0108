// PACE's payment methods by devour-client.

import JsonApi from 'devour-client';

const METHOD = 'paymentMethod';
const KIND = 'paymentMethodKind';
const VENDOR = 'paymentMethodVendor';
const MEMBERS_OF_A_METHOD = [
  ...['kind', 'iban', 'title', 'firstName', 'lastName', 'company', 'email', 'address'],
  ...['status', 'identificationString', 'twoFactor', 'implicit', 'managed', 'pacePay'],
  ...['alias', 'expiry', 'mandatoryAuthorisationAttributes'],
];

let api;

export const verbs = {
  connect(url, token) {
    const errorBuilder = (error) => error; // with all its members
    api = new JsonApi({ apiUrl: url, bearer: token, logger: false, errorBuilder });
    api.define(
      METHOD,
      {
        ...members(MEMBERS_OF_A_METHOD),
        [KIND]: { jsonApi: 'hasOne', type: KIND },
        [VENDOR]: { jsonApi: 'hasOne', type: VENDOR },
      },
      { type: METHOD, collectionPath: 'payment-methods' },
    );
    api.define(KIND, members(['name', 'currencies']), { collectionPath: 'payment-method-kinds' });
  },
  create: (method) => primary(api.one(METHOD, 'sepa-direct-debit').post(method)),
  all: (query) => primary(api.findAll(METHOD, query)),
  read: (id) => primary(api.find(METHOD, id)),
  change: (id, changes) => primary(api.update(METHOD, { id, ...changes })),
  delete: (id) => primary(api.destroy(METHOD, id)),
  deleteAll: () => primary(api.all(METHOD).destroy()),
  kinds: () => primary(api.findAll(KIND)),
};

// Devour gives errors by the name of the field that they are about.
export const refusalsOf = (error) => (error instanceof Error ? undefined : Object.values(error));

function members(names) {
  return Object.fromEntries(names.map((name) => [name, '']));
}

async function primary(answer) {
  return (await answer).data;
}
