import { PROPERTIES } from "./properties";
import { broken } from "./property";

/** The same examples each time; other seeds are for `npm run fuzz`. */
const SEED = 20_261_130;

describe(`whatever comes (seed ${SEED})`, () => {
  for (const property of PROPERTIES)
    it(`${property.name}, in ${property.runs} examples`, async () => {
      const stop = await property.start?.();
      try {
        const why = await broken(property, SEED, property.runs);
        if (why !== null) throw new Error(why);
      } finally {
        await stop?.();
      }
    });
});
