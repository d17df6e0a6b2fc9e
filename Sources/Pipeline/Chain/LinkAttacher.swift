import Analysis

/// One link of the chain as new sockets meet it.
///
/// Not copyable, so that asking it in place costs no reference counting.
struct LinkAttacher: ~Copyable {
  private let analyzer: any Analyzer
  private let selection: Selection
  private let number: Int
  /// The analyzer, where it needs a client.
  private let client: (any ClientAnalyzer)?
  /// Asked first: to look at the other one is to copy it.
  private let needsClient: Bool
  /// Whether it is shown every socket.
  private let takesAll: Bool

  init(_ link: ChainLink, number: Int) {
    analyzer = link.analyzer
    selection = link.selection
    self.number = number
    client = link.client
    needsClient = client != nil
    takesAll = selection == Selection()
  }

  /// What the link has for a socket; an empty slot when it is not to see it, or does not want to.
  borrowing func attach(
    to info: SocketInfo, _ packet: PacketInfo, _ runner: ChainRunner
  ) -> ChainSlot {
    if takesAll {
      if needsClient, let client, !client.hasClient,
        !runner.waitsSuccessfully(for: client, of: number)
      {
        return ChainSlot(attached: .none, interest: [], lacksClient: true)
      }
      guard let attached = analyzer.attach(to: info) else { return .empty }
      return ChainSlot(attached: AttachedAnalyzer(attached), interest: attached.interest)
    }
    guard selection.includes(info),
      selection.filter == nil || runner.filterMatches(number, packet.ordinal)
    else { return .empty }
    if let client, !client.hasClient, !runner.waitsSuccessfully(for: client, of: number) {
      return ChainSlot(attached: .none, interest: [], lacksClient: true)
    }
    guard let attached = analyzer.attach(to: info) else { return .empty }
    var interest = attached.interest
    if selection.direction == .out { interest.remove(.dataIn) }
    if selection.direction == .in { interest.remove(.dataOut) }
    return ChainSlot(attached: AttachedAnalyzer(attached), interest: interest)
  }

  borrowing func finish(_ context: inout FinishContext) { analyzer.finish(&context) }
}
