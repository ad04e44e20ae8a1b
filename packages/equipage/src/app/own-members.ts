/**
 * The names of what a class adds to one that it extends: fields, getters and methods, those of the
 * classes between the two among them. What it overrides is not added.
 * @param base the prototype of the class that is extended
 */
export function ownMembers(instance: object, base: object): Set<string> {
  const names = new Set<string>()
  for (let from = instance; from !== base && from !== null; from = Object.getPrototypeOf(from)) {
    for (const name of Object.getOwnPropertyNames(from)) if (!(name in base)) names.add(name)
  }
  return names
}
