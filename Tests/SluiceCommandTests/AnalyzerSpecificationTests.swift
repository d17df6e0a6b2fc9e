import Analysis
import Foundation
import Testing

@testable import SluiceCommand

@Suite("The grammar of -a NAME[:key=value,...]")
struct AnalyzerSpecificationTests {
  private func specification(_ text: String) throws -> AnalyzerSpecification {
    try AnalyzerSpecification(text, registry: registry())
  }

  private func message(_ text: String) throws -> String {
    let failure = #expect(throws: CommandFailure.self) { try specification(text) }
    #expect(failure?.status == .usage)
    return failure?.message ?? ""
  }

  @Test(
    "A comma separates only before a key that is known",
    arguments: [
      ("sample:find=a,with=b", ["find": "a", "with": "b"]),
      ("sample:find=a,b,with=c", ["find": "a,b", "with": "c"]),
      ("sample:find=a,wiht=b", ["find": "a,wiht=b"]),
      ("sample:find=,with=", ["find": "", "with": ""]),
      ("sample:find=a:b=c", ["find": "a:b=c"]),
      ("sample:find=,,,with=b", ["find": ",,", "with": "b"]),
      (#"sample:find=a\,with=b"#, ["find": "a,with=b"]),
      (#"sample:find=a\\,with=b"#, ["find": #"a\"#, "with": "b"]),
      ("sample:find=a,hex", ["find": "a", "hex": "yes"]),
      ("sample:hex,find=a", ["find": "a", "hex": "yes"]),
      ("sample:find=a,hex,with=b", ["find": "a", "hex": "yes", "with": "b"]),
      ("sample:find=a,hex,b", ["find": "a,hex,b"]),
      ("sample:find=a,hexagon", ["find": "a,hexagon"]),
      ("sample:find=a,hex=no", ["find": "a", "hex": "no"]),
      ("sample:hex", ["hex": "yes"]),
    ])
  func commas(text: String, expected: [String: String]) throws {
    let options = try specification(text).options
    for key in ["find", "with", "hex"] { #expect(options.text(key) == expected[key], "\(key)") }
  }

  @Test(
    "Literals have escapes",
    arguments: [
      (#"\n\r\t\\\,"#, [10, 13, 9, 92, 44]),
      (#"\x00\xFf\x4a"#, [0, 255, 74]),
      (#"a\x622"#, [97, 98, 50]),
      ("é", [0xC3, 0xA9]),
    ] as [(String, [UInt8])])
  func literals(value: String, bytes: [UInt8]) throws {
    #expect(try specification("sample:find=" + value).options.literal("find") == bytes)
  }

  @Test(
    "Other values keep their backslashes, but for the one before a comma",
    arguments: [
      (#"\d+\.\w"#, #"\d+\.\w"#), (#"a\,b"#, "a,b"), (#"a\\,b"#, #"a\\,b"#), (#"a\"#, #"a\"#),
      (#"a\,max=3"#, "a,max=3"),
    ])
  func texts(value: String, expected: String) throws {
    #expect(try specification("sample:regex=" + value).options.text("regex") == expected)
  }

  @Test("Without settings the defaults hold", arguments: ["sample", "sample:"])
  func defaults(text: String) throws {
    let options = try specification(text).options
    #expect(options.number("max") == 7)
    #expect(options.size("room") == 65_536)
    #expect(options.text("case") == "upper")
    #expect(options.flag("hex") == false)
    #expect(options.literal("find") == nil)
  }

  @Test(
    "What makes no sense is refused with its reason",
    arguments: [
      ("", "a name is missing"),
      (":find=a", "a name is missing"),
      ("smaple", "there is no analyzer 'smaple'; did you mean 'sample'"),
      ("qqqqqqqq", "there is no analyzer 'qqqqqqqq'; sluice analyzers"),
      ("sample:fnid=a", "there is no setting 'fnid'; did you mean 'find'"),
      ("sample:find", "find: a value is missing"),
      ("sample:,find=a", "there is no setting ''"),
      ("sample:=a", "there is no setting ''"),
      ("sample:find=a,find=b", "find is given twice"),
      ("sample:hex,hex", "hex is given twice"),
      (#"sample:find=\q"#, #"find=\q: unknown escape \q"#),
      (#"sample:find=\x4"#, "two hexadecimal digits"),
      (#"sample:find=\x4g"#, "two hexadecimal digits"),
      (#"sample:find=a\"#, "a backslash at the end"),
      ("sample:max=0", "a number from 1 to 100"),
      ("sample:max=99999999999999999999", "a number from 1 to 100"),
      ("sample:room=64Q", "a size"),
      ("sample:case=middle", "upper, lower"),
      ("sample:hex=perhaps", "yes or no"),
      ("stubborn", "-a stubborn: find= is missing"),
    ])
  func refusals(text: String, reason: String) throws {
    let failure = #expect(throws: CommandFailure.self) { try specification(text).makeLink() }
    #expect(failure?.status == .usage)
    #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "no message")")
  }

  @Test("key@=FILE is the content of the file, and for a literal each byte of it")
  func files() throws {
    let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(#"a,with=\x41"#.utf8 + [0, 10]).write(to: URL(fileURLWithPath: path))
    let literal = try specification("sample:find@=\(path),with=b").options
    #expect(literal.literal("find") == Array(#"a,with=\x41"#.utf8) + [0, 10])
    #expect(literal.text("with") == "b")
    try Data("12\r\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try specification("sample:max@=\(path)").options.number("max") == 12)
  }

  @Test("key@= of what cannot be read, or never ends, is refused")
  func badFiles() throws {
    #expect(try message("sample:find@=/no/such").contains("/no/such: no such file"))
    #expect(try message("sample:find@=/").contains("/: is a directory"))
    #expect(try message("sample:find@=/dev/zero").contains("larger than 16 MiB"))
  }

  @Test("Every value can be written, whatever its bytes are", arguments: 1...20)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let alphabet = Array(#",\=@:xn find=with=hex"#.utf8) + [0, 10, 200, 255]
    for _ in 0..<100 {
      let length = Int.random(in: 0...24, using: &generator)
      let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator)! }
      let escaped = bytes.map { byte in
        switch byte {
        case 44: #"\,"#
        case 92: #"\\"#
        case 32..<127: String(UnicodeScalar(byte))
        default: #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
      }.joined()
      let text = "sample:find=\(escaped),with=\(escaped),hex"
      let options = try specification(text).options
      #expect(options.literal("find") == bytes, "seed \(seed): \(text)")
      #expect(options.literal("with") == bytes, "seed \(seed): \(text)")
    }
  }

  @Test("Hostile text is answered, and quickly", arguments: 1...10)
  func hostile(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let words = ["sample", ":", ",", "=", "@=", "\\", "\\x", "find", "hex", "port", "+", "\u{0}"]
    for _ in 0..<300 {
      let count = Int.random(in: 0...20, using: &generator)
      let text = (0..<count).map { _ in words.randomElement(using: &generator)! }.joined()
      // Either answer is right; coming back is what counts.
      _ = try? specification("sample:" + text)
      _ = try? specification(text)
    }
  }

  @Test("The longest argument that the system lets through is no burden")
  func longest() {
    let text = "sample:find=" + String(repeating: ",hex,find", count: 14_000)
    #expect(throws: Never.self) { try specification(text) }
  }
}
