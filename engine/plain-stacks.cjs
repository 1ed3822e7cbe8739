// Loaded into the program first. With source maps, some releases of Node take many
// seconds to print an error whose stack names a scoped package. So what maps stacks
// (a function of this name, by source-map-support and by ts-node) is not let in.
let formatter;
Object.defineProperty(Error, "prepareStackTrace", {
  get: () => formatter,
  set: (value) => {
    if (value?.name !== "prepareStackTrace") formatter = value;
  },
});
