// What is wrong with documents by JSON:API's schema, by jsonapi-validator.

import { Validator } from 'jsonapi-validator';

const validator = new Validator();

export const verbs = {
  problems(document) {
    try {
      validator.validate(document);
    } catch (error) {
      if (!error.errors) throw error;
      return error.errors.map(({ dataPath, message }) => `${dataPath} ${message}`);
    }
    return [];
  },
};
