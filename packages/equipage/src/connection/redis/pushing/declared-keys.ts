/**
 * The keys that are declared of a script which makes its own from a base: the base, which is never
 * there, and one more. While a Cluster moves a slot, part of its keys is on one node and part on
 * another. With one key that is not there a script would be sent on to the new node, find nothing and
 * begin anew. With two, of which one is missing, no node takes it, and it is sent again until all
 * keys are in one place.
 * @param base what the keys begin with
 */
export function declaredKeys(base: string): readonly [base: string, other: string] {
  return [base, `${base}meta`]
}

/** How many they are. */
export const numberOfKeys = 2
