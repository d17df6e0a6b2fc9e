/// Amounts as people read them.
enum Amounts {
  /// `1,234,567`
  static func number(_ value: UInt64) -> String {
    let digits = Array(String(value))
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `1 gap`, `2 gaps`
  static func count(_ value: UInt64, _ noun: String) -> String {
    number(value) + " " + noun + (value == 1 ? "" : "s")
  }

  /// `1 B`, `17.3 KiB`, `2.0 GiB`
  static func size(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var unit = 0
    var tenths = bytes > UInt64.max / 10 ? UInt64.max : bytes * 10
    while tenths >= 10_240 && unit < units.count - 1 {
      tenths /= 1024
      unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// `42 s`, `3 min 20 s`, `2 h 5 min`
  static func duration(seconds: UInt64) -> String {
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(number(seconds / 3600)) h \(seconds / 60 % 60) min"
  }
}
