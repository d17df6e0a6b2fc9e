import Analysis
import Analyzers
import Foundation
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "Strings are escaped where JSON or a terminal demands it",
    arguments: [
      ("", #""""#), ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("/", #""/""#),
      ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#), ("\0\u{1}\u{1F}", #""\u0000\u0001\u001f""#),
      ("\u{7F}\u{80}\u{9B}\u{9F}\u{A0}", "\"\\u007f\\u0080\\u009b\\u009f\u{A0}\""),
      ("grün 😀", "\"grün 😀\""), ("\r\n", #""\r\n""#),
    ])
  func escapes(text: String, expected: String) { #expect(json(.string(text)) == expected) }

  @Test("One character that has to be escaped is found wherever it stands")
  func lonelyEscapes() {
    for length in 0...25 {
      for place in 0..<length {
        for (character, escaped) in [
          "\"": "\\\"", "\\": "\\\\", "\u{1F}": "\\u001f", "\u{7F}": "\\u007f",
        ] {
          let (before, behind) = (
            String(repeating: "~", count: place), String(repeating: " ", count: length - place - 1)
          )
          #expect(
            json(.string(before + character + behind)) == "\"" + before + escaped + behind + "\"")
        }
      }
      let plain = String(repeating: "!", count: length)
      #expect(json(.string(plain)) == "\"" + plain + "\"")
    }
  }

  @Test("Bytes that are no UTF-8 become replacement characters")
  func invalidUTF8() {
    let bytes: [UInt8] = [0x41, 0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0xE2, 0x82]
    let text = json(Record.Value(decoding: bytes.span))
    #expect(text == "\"A\u{FFFD}\u{FFFD}(\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\"")
  }

  @Test(
    "Numbers are written in full",
    arguments: [
      (Record.Value.unsigned(.max), "18446744073709551615"),
      (.integer(.min), "-9223372036854775808"),
      (.integer(0), "0"), (.integer(-7), "-7"), (.double(0.5), "0.5"), (.double(-0.0), "-0.0"),
      (.double(1e300), "1e+300"), (.double(.leastNonzeroMagnitude), "5e-324"),
      (.double(.nan), "null"),
      (.double(-.infinity), "null"), (.null, "null"), (.bool(true), "true"),
      (.bool(false), "false"),
    ])
  func numbers(value: Record.Value, expected: String) { #expect(json(value) == expected) }

  @Test("Objects keep their order, and empty ones and keys like braces have right commas")
  func nesting() {
    let value: Record.Value = [
      "z": [:], "a": [], "{": [1, [2, []], ["k": "{", "l": .null]], "": "\u{7B}",
    ]
    #expect(json(value) == #"{"z":{},"a":[],"{":[1,[2,[]],{"k":"{","l":null}],"":"{"}"#)
  }

  @Test("Any string reads back as it was", arguments: [UInt64(1), 2, 3])
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0..<20, using: &random)).map { _ in
        Unicode.Scalar(UInt32.random(in: 0..<0x300, using: &random)) ?? "?"
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      let data = Data(json([.string(text)]).utf8)
      let read = try #require(JSONSerialization.jsonObject(with: data) as? [String])
      #expect(Array(read[0].utf8) == Array(text.utf8), "seed \(seed)")
    }
  }
}
