// PACE's payment methods by kitsu.

import Kitsu from 'kitsu';

const METHODS = 'payment-methods';
const SEPA = `${METHODS}/sepa-direct-debit`;
const TYPE = 'paymentMethod';

let api;

export const verbs = {
  connect(url, token) {
    const headers = { Authorization: `Bearer ${token}` };
    api = new Kitsu({ baseURL: url, headers, pluralize: false });
  },
  create: (method) => write('POST', SEPA, method),
  all: (query) => primary(api.get(METHODS, { params: query })),
  read: (id) => primary(api.get(`${METHODS}/${id}`)),
  change: (id, changes) => write('PATCH', `${METHODS}/${id}`, { id, ...changes }),
  delete: (id) => primary(api.delete(METHODS, id)),
  deleteAll: () => primary(api.request({ method: 'DELETE', url: METHODS })),
  kinds: () => primary(api.get('payment-method-kinds')),
};

export const refusalsOf = (error) => error.errors;

// By itself kitsu would make the type of the path: sepaDirectDebit.
function write(method, url, body) {
  return primary(api.request({ method, url, type: TYPE, body }));
}

async function primary(answer) {
  return (await answer).data;
}
