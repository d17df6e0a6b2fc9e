import Analysis
import Wire

/// The settings that every analyzer has: they choose what it is shown.
enum CommonSettings {
  static let all = [
    Setting("port", .text, "only sockets with such a port at either end: 80+443+8000-8080"),
    Setting("net", .text, "only sockets with an end in such a network: 10.0.0.0/8+fd00::/8"),
    Setting(
      "direction", .choice(["out", "in", "both"]), default: "both",
      "out is what the originator sends, in what it receives"),
    Setting("filter", .text, "only sockets whose first packet matches this BPF expression"),
  ]

  static let keys = Set(all.map(\.key))

  /// What they choose. Other keys are not looked at. Throws a clause that names the value.
  static func selection(from values: [String: [UInt8]]) throws(OptionError) -> Selection {
    var selection = Selection()
    if let value = text(values["port"]) { selection.ports = try ports(value) }
    if let value = text(values["net"]) { selection.networks = try networks(value) }
    if let value = text(values["direction"]) { selection.direction = try direction(value) }
    if let value = text(values["filter"]) {
      guard !value.isEmpty else { throw OptionError("filter=: expected a BPF expression") }
      selection.filter = value
    }
    return selection
  }

  private static func text(_ value: [UInt8]?) -> String? {
    value.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func ports(_ text: String) throws(OptionError) -> [ClosedRange<UInt16>] {
    var result: [ClosedRange<UInt16>] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = number(ends[0]), let last = number(ends[ends.count - 1]), first <= last
      else {
        throw OptionError("port=\(text): expected ports such as 80, 8000-8080 or 80+443")
      }
      result.append(first...last)
    }
    return result
  }

  private static func networks(_ text: String) throws(OptionError) -> [Selection.Network] {
    var result: [Selection.Network] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      guard let network = network(part) else {
        throw OptionError("net=\(text): expected networks such as 10.0.0.0/8 or fd00::/8+10.1.2.3")
      }
      result.append(network)
    }
    return result
  }

  /// An address alone is a network of one.
  static func network(_ text: Substring) -> Selection.Network? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    let longest: UInt16 = address.family == .ipv4 ? 32 : 128
    guard parts.count == 2 else {
      return Selection.Network(address: address, prefixLength: Int(longest))
    }
    guard let length = number(parts[1]), length <= longest else { return nil }
    return Selection.Network(address: address, prefixLength: Int(length))
  }

  private static func direction(_ text: String) throws(OptionError) -> Direction? {
    switch text {
    case "out", "toserver": return .out
    case "in", "toclient": return .in
    case "both": return nil
    default: throw OptionError("direction=\(text): expected out, in or both")
    }
  }

  /// Digits alone: `UInt16("+80")` would be one too.
  private static func number(_ text: Substring) -> UInt16? {
    text.utf8.allSatisfy { (48...57).contains($0) } ? UInt16(text) : nil
  }
}
