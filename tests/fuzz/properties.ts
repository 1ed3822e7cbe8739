import { ANSWERS } from "./answers";
import { INPUTS } from "./inputs";
import { PARSERS } from "./parsers";
import type { Property } from "./property";

export const PROPERTIES: Property[] = [...INPUTS, ...PARSERS, ...ANSWERS];
