/** A partition as the key of a map: "3 flightdata". */
export function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${partition} ${topic}`;
}
