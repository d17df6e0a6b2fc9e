/// Messages for people: one line each, on standard error.
enum Message {
  static func show(_ text: String) {
    StandardStream.error.write("sluice: " + printable(text) + "\n")
  }

  /// File names and options may hold anything; what would move the cursor is shown as `\xHH`.
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.properties.generalCategory == .control {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
