extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  mutating func append(hexadecimal random: inout SplitMix64, digits: Int) {
    var word: UInt64 = 0
    for index in 0..<digits {
      if index & 15 == 0 { word = random.next() }
      let digit = UInt8(truncatingIfNeeded: word & 15)
      append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      word >>= 4
    }
  }
}
