import Analysis
import Checking
import Reassembly
import Sockets

/// What names in records and messages mean: weirds, complaints, the reasons of verdicts and of final
/// calls, ends of sockets.
enum Explanations {
  struct Entry {
    var name: String
    /// `weird`, `reason of a verdict`, ...
    var kind: String
    var text: String
  }

  static let all: [Entry] =
    (Weird.allCases.map { Entry(name: $0.rawValue, kind: "weird", text: $0.explanation) }
    + complaints
    + verdictReasons.map { Entry(name: $0.0, kind: "reason of a verdict", text: $0.1) }
    + finalReasons.map { Entry(name: $0.0.rawValue, kind: "reason of a final call", text: $0.1) }
    + obstacles.map { Entry(name: $0.0.name, kind: "reason why an edit is refused", text: $0.1) }
    + UnseenReason.allCases.map {
      Entry(name: $0.name, kind: "payload that no analyzer saw", text: $0.explanation)
    }
    + ends.map { Entry(name: $0.0.rawValue, kind: "end of a socket", text: $0.1) })
    .sorted { ($0.name, $0.kind) < ($1.name, $1.kind) }

  private static var complaints: [Entry] {
    Complaint.Name.allCases.map {
      Entry(name: $0.rawValue, kind: "\($0.severity.rawValue) of check", text: $0.explanation)
    }
  }

  static func find(_ name: String) throws(CommandFailure) -> [Entry] {
    let found = all.filter { $0.name == name }
    guard found.isEmpty else { return found }
    let hint = NearestName.hint(for: name, among: all.map(\.name))
    throw .usage("explain: there is nothing called '\(name)'\(hint)", help: "explain ")
  }

  private static let verdictReasons: [(String, String)] = [
    ("analyzer", "An analyzer wanted it so."),
    (
      "crash",
      """
      An analyzer threw an error, let a chunk go that it held, or answered pending without holding one. \
      --on-crash says what is done.
      """
    ),
    ("timeout", "No answer came within --deadline. --on-timeout says what is done."),
    (
      "no_client",
      "An analyzer whose work another process does had none. --on-no-client says what is done."
    ),
    (
      "refused_deny",
      """
      Bytes were to be taken out of a stream where that would break the connection: `refusal` says why. \
      See --on-refused-edit.
      """
    ),
    (
      "refused_edit",
      """
      Bytes of a stream were to be replaced where that would break the connection: `refusal` says why. \
      See --on-refused-edit.
      """
    ),
  ]

  private static let obstacles: [(EditObstacle, String)] = [
    (.md5Signature, "Each segment is signed (TCP-MD5, RFC 2385): a changed one would be refused."),
    (.authentication, "Each segment is signed (TCP-AO, RFC 5925): a changed one would be refused."),
    (
      .multipath,
      """
      Multipath TCP maps the stream by numbers of its own, with a checksum (RFC 8684): a changed one would \
      be refused.
      """
    ),
    (
      .oneSided,
      """
      On the wire: nothing was seen of what the receiver sends, so that its acknowledgements could not \
      follow a change. In captures one direction alone can be edited.
      """
    ),
    (
      .fastOpen,
      """
      On the wire: the bytes came with the SYN (Fast Open, RFC 7413), before there was a connection. In \
      captures they can be edited.
      """
    ),
    (
      .urgent,
      "The connection has urgent data, which --urgent oob takes out: offsets are not those of numbers."
    ),
    (
      .fragmented,
      "The bytes came in a datagram that was fragmented, and would have had another length."
    ),
    (
      .truncated,
      """
      The bytes came in a packet of which the capture holds only a part, and would have had another \
      length. Edits that keep the length are possible there.
      """
    ),
    (
      .budget,
      """
      As much of what was changed is kept as may be, until it is acknowledged: 1 MiB of a direction, and \
      an eighth of --memory of all. Or as many connections were changed as can be kept in mind when they \
      have gone: another eighth is for these.
      """
    ),
    (
      .range,
      "An edit reaches beyond its chunk, or in front of the edit before it: a mistake of the analyzer."
    ),
    (.size, "A datagram would become larger than a datagram can be (65,507 bytes)."),
    (
      .overtaken,
      """
      The bytes came long after a packet that acknowledges them, or that stands behind them: its numbers \
      were written before they could have moved. More than a thousand packets of the connection lie between.
      """
    ),
    (
      .tunnel,
      """
      The datagram holds an IP packet, as those of a tunnel do whose kind is not known here: the lengths \
      and checksums inside would not fit to other text.
      """
    ),
    (
      .window,
      """
      What is sent and not acknowledged would become longer than any window of the receiver can be: 65,535 \
      bytes where the two ends have not agreed on a scale. The sender is taken to need room for twice as \
      much as it has had on the way so far.
      """
    ),
  ]

  private static let finalReasons: [(FinalReason, String)] = [
    (.fin, "The sender has closed its direction: no more bytes come."),
    (.reset, "The connection was reset, or has ended: no more bytes come."),
    (.peekLimit, "The peek has as many bytes as --peek-limit allows."),
    (.peekTimeout, "The peek has lasted for --peek-timeout in packet time."),
    (
      .buffersShort,
      "Others needed the room, or --memory has no more of it: the oldest peek has to decide."
    ),
    (.spoolFull, "Too many packets waited to be written behind the bytes of the peek."),
    (.gap, "The bytes that would have followed will never come."),
    (.endOfInput, "The input has come to its end."),
    (.timeout, "The socket had been idle for too long."),
    (.evicted, "The socket made room for others."),
    (.superseded, "A SYN began another connection between the same ports."),
  ]

  private static let ends: [(DisconnectReason, String)] = [
    (.fin, "Both ends have closed, and both FINs are acknowledged."),
    (.reset, "One end has reset the connection."),
    (.timeout, "Nothing was seen of it for too long in packet time."),
    (.evicted, "It made room for others (flow_budget_reached)."),
    (.endOfInput, "The input ended before it did."),
    (.superseded, "A SYN began another connection between the same ports."),
  ]
}
