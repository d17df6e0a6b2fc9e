import Buffers
import Support
import Testing

@Suite("Text that is written piece by piece")
struct TextBufferTests {
  @Test("holds the pieces one behind the other, however long they are")
  func pieces() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      var buffer = TextBuffer()
      var expected: [UInt8] = []
      for _ in 1...400 {
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
          let byte = UInt8.random(in: 0...255, using: &random)
          buffer.append(byte)
          expected.append(byte)
        case 1:
          buffer.append("a literal of the program")
          expected += "a literal of the program".utf8
        case 2:
          let text = String(repeating: "ü", count: Int.random(in: 0...12, using: &random))
          buffer.append(text: text)
          expected += text.utf8
        case 3:
          let number = UInt64.random(in: 0...(.max), using: &random) >> (seed % 64)
          buffer.append(decimal: number)
          expected += String(number).utf8
        default:
          let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          }
          buffer.append(bytes.span)
          expected += bytes
        }
      }
      let isSame = Self.bytes(of: buffer) == expected
      #expect(isSame, "seed \(seed)")
      #expect(buffer.count == expected.count && buffer.last == expected.last, "seed \(seed)")
    }
  }

  @Test(
    "writes numbers of every length",
    arguments: (0...19).map { power in (0..<power).reduce(1) { product, _ in product * 10 } })
  func decimals(power: UInt64) {
    for value in [power &- 1, power, power &+ 1, power &* 9, .max, 0] {
      var buffer = TextBuffer()
      buffer.append(decimal: value)
      #expect(String(buffer) == String(value))
    }
    let negative = Int64(truncatingIfNeeded: power >> 1)
    for value in [-negative, negative, .min, .max] {
      var buffer = TextBuffer()
      buffer.append(decimal: value)
      #expect(String(buffer) == String(value))
    }
  }

  @Test("writes the last digits of a number, with zeros in front")
  func digits() {
    var buffer = TextBuffer()
    buffer.append(digits: 7, count: 3)
    buffer.append(digits: 12_345, count: 2)
    buffer.append(digits: 0, count: 1)
    buffer.append(digits: .max, count: 20)
    #expect(String(buffer) == "00745018446744073709551615")
  }

  @Test("begins anew, with or without its memory")
  func again() {
    var buffer = TextBuffer()
    #expect(buffer.isEmpty && buffer.last == nil && String(buffer) == "")
    for most in [Int.max, 0, 1 << 10] {
      for _ in 1...1000 { buffer.append("line\n") }
      buffer.removeAll(keeping: most)
      #expect(buffer.isEmpty && buffer.span.isEmpty)
      buffer.append("x")
      #expect(String(buffer) == "x")
    }
  }

  private static func bytes(of buffer: borrowing TextBuffer) -> [UInt8] {
    buffer.span.indices.map { buffer.span[$0] }
  }
}
