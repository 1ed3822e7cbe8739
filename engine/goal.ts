import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { aliasesOf, type Alias } from "./aliases";
import { hooksOf, type HookBindings } from "./hooks";
import { STACK_TYPE } from "./urn";
import {
  foreignSignature,
  fromStruct,
  type Properties,
  type Value,
} from "./values";

/** What the program wants of a resource. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  parent?: string;
  inputs: Properties;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  /** Undefined: as its parent has it. */
  protect?: boolean;
  retainOnDelete?: boolean;
  /** Undefined: as its provider wants it. */
  deleteBeforeReplace?: boolean;
  ignoreChanges: string[];
  additionalSecretOutputs: string[];
  /** What it may have been before. */
  aliases: Alias[];
  replacementTrigger?: Value;
  hooks: HookBindings;
}

/** The program asks for what this engine does not do. */
export class Unsupported extends Error {
  constructor(what: string) {
    super(`${what} is not supported by this engine`);
  }
}

export function goalOf(request: RegisterResourceRequest): Goal {
  refuse(request);
  const goal: Goal = {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: fromStruct(request.getObject()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: propertyDependenciesOf(request),
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: aliasesOf(request),
    hooks: hooksOf(request),
  };
  if (request.getParent() !== "") goal.parent = request.getParent();
  if (request.hasProtect()) goal.protect = request.getProtect();
  if (request.hasRetainondelete())
    goal.retainOnDelete = request.getRetainondelete();
  if (request.getDeletebeforereplacedefined())
    goal.deleteBeforeReplace = request.getDeletebeforereplace();
  const trigger = request.getReplacementTrigger();
  if (trigger) goal.replacementTrigger = trigger.toJavaScript() as Value;
  const foreign = foreignSignature(goal.inputs);
  if (foreign) throw new Unsupported("an asset, archive or reference as input");
  return goal;
}

function propertyDependenciesOf(request: RegisterResourceRequest) {
  const found: Goal["propertyDependencies"] = {};
  request.getPropertydependenciesMap().forEach((urns, name) => {
    const list = urns.getUrnsList();
    if (list.length > 0) found[name] = list;
  });
  return found;
}

function refuse(request: RegisterResourceRequest): void {
  const type = request.getType();
  const refused: [boolean, string][] = [
    [
      request.getCustom() && !type.startsWith("pulumi-nodejs:"),
      `${type}, as anything but dynamic resources and components,`,
    ],
    [
      !request.getCustom() && type.startsWith("pulumi:") && type !== STACK_TYPE,
      type,
    ],
    [request.getRemote(), "a component of another language"],
    [request.getImportid() !== "", "the option `import`"],
    [request.getProvider() !== "", "the option `provider`"],
    [request.getProvidersMap().getLength() > 0, "the option `providers`"],
    [
      request.getReplaceonchangesList().length > 0,
      "the option `replaceOnChanges`",
    ],
    [request.getDeletedwith() !== "", "the option `deletedWith`"],
    [request.getReplaceWithList().length > 0, "the option `replaceWith`"],
    [request.getTransformsList().length > 0, "the option `transforms`"],
    [
      request.getIgnorechangesList().some((path) => /[.[\]*"]/.test(path)),
      "`ignoreChanges` of anything but a top-level property",
    ],
  ];
  for (const [found, what] of refused) if (found) throw new Unsupported(what);
}
