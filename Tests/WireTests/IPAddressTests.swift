import Testing
import Wire

@Suite struct IPAddressTests {
  @Test(
    "the canonical text of an IPv6 address follows RFC 5952",
    arguments: [
      (0, 0, "::"), (0, 1, "::1"), (0x0001_0000_0000_0000, 0, "1::"),
      (0x2001_0DB8_0000_0000, 0x0000_0000_0000_0001, "2001:db8::1"),
      // No leading zeros, lower case (§4.1, §4.3).
      (0x00AB_0C00_0000_DEF0, 0x0001_0020_0300_4000, "ab:c00:0:def0:1:20:300:4000"),
      // One zero group stays (§4.2.2).
      (0x2001_0DB8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
      // The longest run (§4.2.3), the first of equals.
      (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x2001_0DB8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0, 0x0001_0002_0003_0004, "::1:2:3:4"), (0x0001_0002_0003_0004, 0, "1:2:3:4::"),
      (0x0000_0001_0002_0003, 0x0004_0005_0006_0007, "0:1:2:3:4:5:6:7"),
      (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
      (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] as [(UInt64, UInt64, String)])
  func canonical(high: UInt64, low: UInt64, text: String) {
    let address = IPAddress(ipv6: high, low)
    #expect(address.description == text)
    #expect(IPAddress(text) == address)
  }

  @Test(
    "other forms of RFC 4291 are read",
    arguments: [
      ("::ffff:c000:201", "::ffff:192.0.2.1"), ("2001:DB8::A", "2001:db8::a"),
      ("0:0:0:0:0:0:0:0", "::"), ("0001:0002:0003:0004:0005:0006:0007:0008", "1:2:3:4:5:6:7:8"),
      ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("::1.2.3.4", "::102:304"),
      ("1::2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
  func forms(text: String, canonical: String) {
    #expect(IPAddress(text)?.description == canonical)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2::3",
      "12345::", "g::", "::-0", "::-1", "::+1", ":1::", "1:", "1:2:3:4:5:6:7:", "::1%eth0",
      "fe80::1 ",
      "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::256.1.1.1",
      "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.+4", "1.2.3.-0",
      "01.2.3.4", "1.2.3.00", "1.2.3.4 ", "1.2.3.４", "::１", "0x1.2.3.4",
    ])
  func refused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(
    "dotted decimal goes both ways",
    arguments: [
      ("0.0.0.0", 0), ("255.255.255.255", .max), ("192.0.2.1", 0xC000_0201),
      ("10.0.200.0", 0x0A00_C800),
    ] as [(String, UInt32)])
  func dotted(text: String, bits: UInt32) {
    #expect(IPAddress(text) == IPAddress(ipv4: bits))
    #expect(IPAddress(ipv4: bits).description == text)
  }

  @Test(
    "text is read back to the same address, with many zero groups", arguments: [11, 12] as [UInt64])
  func roundTrip(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      var halves: [UInt64] = [0, 0]
      for group in 0..<8 where Bool.random(using: &random) {
        halves[group / 4] |= .random(in: 0...0xFFFF, using: &random) << UInt64(16 * (group % 4))
      }
      let address = IPAddress(ipv6: halves[0], halves[1])
      #expect(IPAddress(address.description) == address, "seed \(seed)")
      #expect(address.bytes.count == 16)
      let old = IPAddress(ipv4: UInt32(truncatingIfNeeded: halves[1]))
      #expect(IPAddress(old.description) == old, "seed \(seed)")
      #expect(old.bytes.count == 4)
    }
  }

  @Test(
    "a network contains the addresses with its prefix",
    arguments: [
      ("10.1.2.3", "10.0.0.0", 8, true), ("11.1.2.3", "10.0.0.0", 8, false),
      ("10.1.2.3", "99.0.0.0", 0, true), ("10.1.2.3", "10.1.2.3", 32, true),
      ("10.1.2.2", "10.1.2.3", 32, false), ("10.1.2.2", "10.1.2.3", 31, true),
      ("10.1.2.3", "10.1.2.3", 99, true), ("10.1.2.3", "::10.1.2.3", 128, false),
      ("2001:db8::1", "2001:db8::", 32, true), ("2001:db9::1", "2001:db8::", 32, false),
      ("2001:db8:0:1::1", "2001:db8:0:1::", 64, true), ("2001:db8:0:1::1", "2001:db8::", 64, false),
      ("::1", "::2", 126, true), ("::1", "::2", 127, false), ("::1", "::1", 200, true),
      ("8000::", "::", 0, true), ("8000::", "::", -5, true),
    ])
  func networks(address: String, network: String, length: Int, expected: Bool) throws {
    let address = try #require(IPAddress(address))
    let network = try #require(IPAddress(network))
    #expect(address.isIn(network, prefixLength: length) == expected)
  }

  @Test("a MAC address is written with all its digits")
  func mac() {
    #expect(MACAddress(0xFFFF_0200_00AB_CD0E).description == "02:00:00:ab:cd:0e")
  }
}
