import Reassembly
import Wire
import Yams

/// Reads what an option says that receivers do with overlaps: the name of a policy, or `@FILE`.
struct PolicyMapReader<Policy: OverlapPolicy> {
  /// `--frag-policy`
  let option: String
  /// What holds where nothing is said.
  let standard: PolicyMap<Policy>

  /// What is wrong, as far as the words alone show it.
  func mistake(in text: String) -> String? {
    if text == "@" { return "\(option) @: expected the name of a file" }
    if text.hasPrefix("@") || PolicyMapFile<Policy>.policy(text) != nil { return nil }
    return "\(option) \(text): \(PolicyMapFile<Policy>.unknown(text))"
  }

  /// - Parameter text: without a mistake; `nil` when nothing is said.
  func map(_ text: String?) throws(CommandFailure) -> PolicyMap<Policy> {
    guard let text else { return standard }
    if let policy = PolicyMapFile<Policy>.policy(text) { return PolicyMap(policy) }
    let path = String(text.dropFirst())
    return try PolicyMapFile(YAMLDocument(path: path), name: path, standard: standard).map
  }
}

/// A file of networks with their policies, `10.0.0.0/8: linux`, or of policies with their networks
/// as Suricata's `host-os-policy` has them, `linux: [10.0.0.0/8]`.
struct PolicyMapFile<Policy: OverlapPolicy> {
  typealias Network = PolicyMap<Policy>.Network

  private let name: String
  private let standard: PolicyMap<Policy>
  private(set) var map: PolicyMap<Policy>
  private var seen: [Network: Policy] = [:]

  init(
    _ document: YAMLDocument, name: String, standard: PolicyMap<Policy>
  ) throws(CommandFailure) {
    self.name = name
    self.standard = standard
    map = standard
    guard let root = document.root else { return }
    guard case .mapping(let pairs) = root else {
      throw failure(root, "expected lines of 'NETWORK: POLICY'")
    }
    // A whole configuration of Suricata may be given: the rest of it is about other things.
    if let (_, block) = pairs.first(where: { $0.key.string == "host-os-policy" }) {
      if case .scalar(let scalar) = block, scalar.isNull { return }
      guard case .mapping(let policies) = block else {
        throw failure(block, "host-os-policy: expected lines of 'POLICY: [NETWORK, ...]'")
      }
      for (key, value) in policies { try read(key, value) }
    } else {
      for (key, value) in pairs { try read(key, value) }
    }
  }

  private mutating func read(_ key: Node, _ value: Node) throws(CommandFailure) {
    guard case .scalar(let word) = key else {
      throw failure(key, "expected 'NETWORK: POLICY' or 'POLICY: [NETWORK, ...]'")
    }
    switch value {
    case .sequence(let networks):
      let policy = try policy(of: word.string, key)
      for network in networks { try set(network, policy) }
    case .scalar(let scalar) where scalar.isNull && Self.isGroup(word.string):
      break  // a policy without networks
    case .scalar where Self.policy(word.string) != nil:
      throw failure(value, "\(word.string): expected a list of networks: [10.0.0.0/8]")
    case .scalar(let scalar):
      guard let policy = Self.policy(scalar.string) else {
        throw failure(value, Self.unknown(scalar.string))
      }
      if word.string == "default" {
        (map.ipv4, map.ipv6) = (policy, policy)
      } else {
        try set(key, policy)
      }
    default:
      throw failure(value, "\(word.string): expected a policy, or a list of networks")
    }
  }

  /// The policy of a list; `nil` for what holds where nothing is said.
  private func policy(of word: String, _ node: Node) throws(CommandFailure) -> Policy? {
    guard Self.isGroup(word) else { throw failure(node, Self.unknown(word)) }
    return Self.policy(word)
  }

  private mutating func set(_ node: Node, _ policy: Policy?) throws(CommandFailure) {
    guard case .scalar(let scalar) = node, let parts = CommonSettings.network(scalar.string[...])
    else {
      throw failure(
        node, "'\(node.string ?? "")' is not a network such as 10.0.0.0/8, fd00::/8 or 10.1.2.3")
    }
    let network = Network(parts.address, prefixLength: parts.prefixLength)
    let policy =
      policy ?? (network.address.family == .ipv4 ? standard.ipv4 : standard.ipv6)
    if let other = seen[network], other != policy {
      throw failure(node, "'\(scalar.string)' is given twice, and not alike")
    }
    seen[network] = policy
    map[network] = policy
  }

  private func failure(_ node: Node, _ reason: String) -> CommandFailure {
    CommandFailure(.usage, "\(name):\(node.mark?.line ?? 1): \(reason)")
  }
}

extension PolicyMapFile {
  /// Case does not matter, and older files have `old_linux`.
  static func policy(_ word: String) -> Policy? {
    Policy(name: word.lowercased().replacing("_", with: "-"))
  }

  /// Whether a list of networks may stand behind it.
  private static func isGroup(_ word: String) -> Bool {
    ["default", "none"].contains(word.lowercased()) || policy(word) != nil
  }

  static func unknown(_ word: String) -> String {
    let hint = NearestName.hint(for: word, among: Policy.names)
    return "there is no policy '\(word)'"
      + (hint.isEmpty ? "; there are " + Policy.names.joined(separator: ", ") : hint)
  }
}
