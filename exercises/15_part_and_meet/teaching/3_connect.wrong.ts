import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

const ONE = `    this.#booking.update(booking);
    const payment = this.#payment.value();
    if (payment === undefined) return;
    out.collect(line(booking, payment));
    this.#payment.clear();`;
const TWO = `    const booking = this.#booking.value();
    if (booking === undefined) this.#payment.update(payment);
    else out.collect(line(booking, payment));`;

const BETWEEN = `
  }

  override processElement2(payment: Payment, _context: KeyedProcessContext<string>, out: Collector<string>): void {
`;
const BOTH = `${ONE}${BETWEEN}${TWO}`;

/** Both methods, with what waits in a map in place of state. */
function inMaps(...sides: ("booking" | "payment")[]): string {
  let code = BOTH;
  for (const side of sides) {
    code = code.replace(
      `this.#${side}.value()`,
      `this.${side}s.get(${side === "booking" ? "payment" : "booking"}.confirmation)`,
    )
      .replace(`this.#${side}.update(`, `this.${side}s.set(${side}.confirmation, `);
  }
  const types = { booking: "Booking", payment: "Payment" };
  const fields = sides.map((side) => `  ${side}s = new Map<string, ${types[side]}>();\n`).join("");
  return code.replace(BETWEEN, BETWEEN.replace("\n  override", `\n${fields}  override`));
}

export const wrong: WrongAnswer[] = [
  { replace: TWO, by: "    this.#payment.update(payment);", words: "does the payment look" },
  { replace: "this.#payment.update(payment);", by: "return;", words: "was forgotten" },
  {
    replace: TWO,
    by: `${TWO}\n    if (booking !== undefined) out.collect(line(booking, payment));`,
    words: "The line came out twice",
  },
  { replace: TWO, by: `${TWO}\n    this.#booking.clear();`, words: "was cleared from state" },
  {
    replace: ONE,
    by: `    const payment = this.#payment.value();
    if (payment === undefined) this.#booking.update(booking);
    else out.collect(line(booking, payment));`,
    words: "kept only if no payment waits",
  },
  {
    replace: TWO,
    by: "    out.collect(line(this.#booking.value() ?? { confirmation: payment.confirmation } as Booking, payment));",
    words: "it is undefined",
  },
  {
    replace: `.keyBy(({ confirmation }) => confirmation)
    .connect(payments.keyBy(({ confirmation }) => confirmation))`,
    by: '.keyBy(() => "all").connect(payments.keyBy(() => "all"))',
    words: "have one key",
  },
  {
    replace: ONE,
    by: '    out.collect(line(booking, { confirmation: "", euros: 0 }));',
    words: "Events came in this order",
  },
  { replace: BOTH, by: inMaps("booking", "payment"), words: "which a crash empties" },
  { replace: BOTH, by: inMaps("booking"), words: "only payments are kept" },
  { replace: BOTH, by: inMaps("payment"), words: "only bookings are kept" },
];
