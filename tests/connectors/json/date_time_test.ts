import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { isPlainDateTime } from "../../../src/connectors/json/date_time.ts";

/** Asks about a text that stands between others. */
function isPlain(text: string): boolean {
  const bytes = new TextEncoder().encode(`0${text}0`);
  return isPlainDateTime(bytes, 1, bytes.length - 1);
}

const two = (number: number) => String(number).padStart(2, "0");

/** Texts of which some are times: of every part the values around its limits, and other characters in each place. */
function* candidates(): Generator<string> {
  for (const year of ["0000", "1900", "2000", "2024", "2026", "9999"]) {
    for (let month = 0; month <= 13; month++) {
      for (const day of [0, 1, 28, 29, 30, 31, 32]) yield `${year}-${two(month)}-${two(day)}T12:34:56.789`;
    }
  }
  for (const hour of [0, 9, 19, 20, 23, 24, 30]) {
    for (const minute of [0, 59, 60]) {
      for (const second of [0, 59, 60]) yield `2026-10-19T${two(hour)}:${two(minute)}:${two(second)}`;
    }
  }
  const whole = "2026-10-19T12:34:56.789";
  for (let at = 0; at <= whole.length; at++) {
    yield whole.slice(0, at);
    for (const other of ["", "0", "a", "/", ":", "-", ".", " ", "T", "Z", "\u0661"]) {
      yield whole.slice(0, at) + other + whole.slice(at + 1);
      yield whole.slice(0, at) + other + whole.slice(at);
    }
  }
  for (const zone of ["Z", "+02:00", "-00:30"]) yield whole + zone;
}

Deno.test("isPlainDateTime() takes no text that the expression of its format refuses, and nearly all others without zone", () => {
  const schema = z.iso.datetime({ local: true });
  const missed: string[] = [];
  let taken = 0;
  for (const text of candidates()) {
    const isTime = schema.safeParse(text).success;
    if (isPlain(text)) {
      taken++;
      assert(isTime, text);
    } else if (isTime) missed.push(text);
  }
  assert(taken > 300, `${taken}`);
  // Without seconds, with a zone, and the 29th of February.
  assertEquals(missed.filter((text) => !/^.{16}$|Z$|-02-29T/.test(text)), []);
});
