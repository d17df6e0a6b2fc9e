/// Backslashes in the values of settings.
package enum Escapes {
  /// A literal: `\,` `\\` `\n` `\r` `\t` `\xHH` stand for one byte each; anything else behind a
  /// backslash is an error, so that a forgotten one shows.
  package static func resolveLiteral(_ text: [UInt8]) throws(OptionError) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "\\") else {
        result.append(text[index])
        index += 1
        continue
      }
      let (byte, length) = try escape(text[(index + 1)...])
      result.append(byte)
      index += 1 + length
    }
    return result
  }

  /// Other values keep their backslashes (a regular expression has its own), but for `\,`.
  package static func resolveText(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      let isPair = text[index] == UInt8(ascii: "\\") && index + 1 < text.count
      if isPair && text[index + 1] == UInt8(ascii: ",") {
        result.append(UInt8(ascii: ","))
      } else {
        result += text[index..<(isPair ? index + 2 : index + 1)]
      }
      index += isPair ? 2 : 1
    }
    return result
  }

  private static func escape(_ rest: ArraySlice<UInt8>) throws(OptionError) -> (UInt8, Int) {
    switch rest.first {
    case UInt8(ascii: ","): return (UInt8(ascii: ","), 1)
    case UInt8(ascii: "\\"): return (UInt8(ascii: "\\"), 1)
    case UInt8(ascii: "n"): return (10, 1)
    case UInt8(ascii: "r"): return (13, 1)
    case UInt8(ascii: "t"): return (9, 1)
    case UInt8(ascii: "x"):
      let digits = rest.dropFirst().prefix(2)
      guard digits.count == 2, let high = hexadecimal(digits.first),
        let low = hexadecimal(digits.last)
      else { throw OptionError("\\x needs two hexadecimal digits") }
      return (high << 4 | low, 3)
    case nil: throw OptionError("a backslash at the end; \\\\ is a backslash")
    case let other?:
      let shown = String(decoding: [other], as: UTF8.self)
      throw OptionError("unknown escape \\\(shown); there are \\\\ \\, \\n \\r \\t \\xHH")
    }
  }

  private static func hexadecimal(_ digit: UInt8?) -> UInt8? {
    switch digit {
    case let digit? where (48...57).contains(digit): digit - 48
    case let digit? where (65...70).contains(digit): digit - 55
    case let digit? where (97...102).contains(digit): digit - 87
    default: nil
    }
  }
}
