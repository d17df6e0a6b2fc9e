import Reassembly
import Wire

/// Fragments in units of eight bytes, and the datagram that a policy makes of them: the shape in
/// which such facts are published (Shankar and Paxson 2003, Novak 2005).
public struct FragmentVector: Sendable {
  public struct Part: Sendable, CustomStringConvertible {
    public var offset: Int
    public var count: Int
    /// What its units are full of: one sign, ASCII.
    public var fill: Character
    public var moreFollow: Bool

    public init(_ offset: Int, _ count: Int, _ fill: Character, more: Bool = true) {
      self.offset = offset
      self.count = count
      self.fill = fill
      moreFollow = more
    }

    public var range: Range<Int> { offset..<offset + count }
    public var description: String { "\(offset)+\(count)\(fill)\(moreFollow ? "" : ".")" }
  }

  public var parts: [Part]
  public var family = Conversation.Family.ipv4

  public init(_ parts: [Part]) { self.parts = parts }

  /// Reads what `Part` describes: `0+1^ 1+2a 3+1$.` with a point behind the last fragment.
  public init(_ text: String) {
    parts = text.split(separator: " ").map { word in
      let isLast = word.last == "." && word.dropLast().last != "+"
      let word = isLast ? word.dropLast() : word
      let numbers = word.dropLast().split(separator: "+")
      return Part(Int(numbers[0])!, Int(numbers[1])!, word.last!, more: !isLast)
    }
  }

  /// What its units are full of, or `nil` when there is no datagram.
  public func result(_ policy: FragmentPolicy) -> String? { run(policy).units }

  /// Takes the way of all packets. A header of UDP comes first, in a fragment of its own.
  ///
  /// - Parameter framesStay: whether the fragments are kept where they lie, or copied.
  public func run(
    _ policy: FragmentPolicy, framesStay: Bool = false
  ) -> (units: String?, weirds: [Weird: Int]) {
    let talk = Conversation(family)
    let end = talk.originator!
    // With length 0 it is all that there is (RFC 2675).
    let header: [UInt8] = [0x13, 0x88, 0x13, 0x89, 0, 0, 0, 0]
    talk.sendsFragment(header, from: end, at: 0, more: true, protocol: .udp)
    for part in parts {
      talk.sendsFragment(
        [UInt8](repeating: part.fill.asciiValue!, count: 8 * part.count), from: end,
        at: 8 * (part.offset + 1), more: part.moreFollow, protocol: .udp)
    }
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    configuration.framesStay = framesStay
    // Tables of their least size: there is one datagram.
    configuration.memory = 1 << 20
    configuration.fragmentPolicy = PolicyMap(policy)
    let handler = reassemble(talk.frames, configuration)
    let text = handler.sockets.first?.text(.out)
    let units = text.map { text in
      String(text.enumerated().filter { $0.offset % 8 == 0 }.map(\.element))
    }
    return (units, handler.weirds)
  }
}
